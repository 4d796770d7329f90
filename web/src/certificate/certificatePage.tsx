import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { auditMonth } from '../../../audit/auditMonth';
import type { AuditReport } from '../../../audit/auditReport';
import { Empty } from '../parts/empty';
import { addressOf, Link } from '../router';
import { thrownProblem, type Problem } from '../send';
import { BlastRadius } from './blastRadius';
import { NotRead, readEvidence, type Evidence } from './evidence';
import { Invariants } from './invariants';
import { Chains, Decisions, Found } from './record';
import { Statement } from './statement';
import '../styles/audit.css';
import '../styles/certificate.css';

interface Judged {
  readonly evidence: Evidence;
  readonly report: AuditReport;
}

type State =
  | { readonly kind: 'reading'; readonly what: string }
  | { readonly kind: 'judged'; readonly judged: Judged }
  | { readonly kind: 'failed'; readonly problem: Problem };

/**
 * The blast-radius certificate: what really happened, judged in this browser by the auditor from the driver's own log, to be printed and shown.
 * It shares no rule with the app.
 */
export function CertificatePage(): JSX.Element {
  const [state, setState] = useState<State>({ kind: 'reading', what: 'the rollouts' });
  useEffect(() => {
    let isOver = false;
    const set = (next: State): void => {
      if (!isOver) setState(next);
    };
    void judge((what) => {
      set({ kind: 'reading', what });
    }).then(set);
    return () => {
      isOver = true;
    };
  }, []);
  if (state.kind === 'reading')
    return (
      <p class="quiet" role="status">
        Reading the log that is judged: {state.what} …
      </p>
    );
  if (state.kind === 'failed') return <NoCertificate problem={state.problem} />;
  const { evidence, report } = state.judged;
  return (
    <article class="certificate" aria-labelledby="certificate">
      <p class="no-print certificate-actions">
        <Link to={addressOf('/audit')}>Audit</Link>
        <button
          type="button"
          class="primary"
          onClick={() => {
            window.print();
          }}
        >
          Print, or save as PDF
        </button>
      </p>
      <Statement evidence={evidence} report={report} />
      <BlastRadius report={report} policy={evidence.policy} />
      <Invariants report={report} />
      <Found report={report} />
      <Decisions rows={evidence.decisions} />
      <Chains chains={evidence.chains} />
    </article>
  );
}

async function judge(progress: (what: string) => void): Promise<State> {
  try {
    const evidence = await readEvidence(progress);
    progress('complete; now being audited');
    // One frame for the words above: judging takes the thread.
    await new Promise((drawn) => setTimeout(drawn, 30));
    return { kind: 'judged', judged: { evidence, report: auditMonth(evidence.input) } };
  } catch (error) {
    if (error instanceof NotRead) return { kind: 'failed', problem: error.problem };
    return { kind: 'failed', problem: thrownProblem('The log could not be judged.', error) };
  }
}

function NoCertificate({ problem: { title, detail } }: { readonly problem: Problem }): JSX.Element {
  return (
    <Empty title="There is no certificate here">
      <p>
        {title} {detail}
      </p>
      <p>
        A certificate is judged from the driver’s own log, which a host serves for the simulated driver. On
        Azure <code>npm run audit</code> judges a log that was kept.
      </p>
      <Link to={addressOf('/audit')}>Back to the audit</Link>
    </Empty>
  );
}
