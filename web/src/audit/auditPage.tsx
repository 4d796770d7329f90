import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { count, many, readable, time, words } from '../format';
import type { PageProps } from '../page';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { ProblemNote } from '../parts/problemNote';
import { SelectField } from '../parts/selectField';
import { addressOf, go, Link } from '../router';
import { send, type Problem } from '../send';
import '../styles/audit.css';

interface AuditRow {
  readonly seq: number;
  readonly atUtc: string;
  readonly who: string;
  readonly what: string;
  readonly subject: string;
  readonly why: string;
  readonly hash: string;
}

interface AuditPageOf {
  readonly value: readonly AuditRow[];
  readonly nextLink?: string;
}

interface Verified {
  readonly isWhole: boolean;
  readonly chains: readonly {
    readonly chain: string;
    readonly rowCount: number;
    readonly head: string;
    readonly faults: readonly { readonly seq: number; readonly kind: string; readonly detail: string }[];
  }[];
}

/** Of every VM there are two: what people read first is everything else. */
const OF_INSTALLS: ReadonlySet<string> = new Set(['installStarted', 'installEnded']);

/** Who decided what, why, in the order in which it was written, and whether anything of it was changed since. */
export function AuditPage({ rollout: { id }, place }: PageProps): JSX.Element {
  const chain = place.query.get('chain') ?? id;
  const [withInstalls, setWithInstalls] = useState(false);
  const rows = useRows(chain);
  const shown = withInstalls ? rows.value : rows.value.filter(({ what }) => !OF_INSTALLS.has(what));
  return (
    <>
      <div class="heading">
        <h1>Audit</h1>
        <p class="quiet">
          Rows are added, never changed. Each holds the hash of the one before it.{' '}
          <Link to={addressOf('/certificate')}>The certificate of the blast radius</Link> is for an auditor.
        </p>
      </div>
      <Verification />
      <section class="card" aria-labelledby="rows">
        <div class="card-head">
          <h2 id="rows">Decisions, oldest first</h2>
          <div class="toolbar no-print">
            <SelectField
              label="Chain"
              options={[...new Set([chain, id, 'operator', 'ledger'])].map((name) => [name, name])}
              value={chain}
              set={(name) => {
                go(addressOf('/audit', { rollout: place.query.get('rollout'), chain: name }), 'replace');
              }}
            />
            <label class="check">
              <input
                type="checkbox"
                checked={withInstalls}
                onChange={(event) => {
                  setWithInstalls(event.currentTarget.checked);
                }}
              />{' '}
              also every installation
            </label>
          </div>
        </div>
        <ProblemNote problem={rows.problem} />
        <ol class="audit-rows">
          {shown.map((row) => (
            <Row key={row.seq} row={row} />
          ))}
        </ol>
        <p class="quiet">
          {many(rows.value.length, 'row')} read, {count(shown.length)} shown.{' '}
          {rows.more !== null && (
            <button type="button" class="no-print" onClick={rows.more}>
              Read more
            </button>
          )}
        </p>
      </section>
    </>
  );
}

function Row({ row: { seq, atUtc, who, what, subject, why } }: { readonly row: AuditRow }): JSX.Element {
  return (
    <li>
      <span class="quiet">{count(seq)}</span>
      <time dateTime={atUtc}>{time(atUtc)}</time>
      <span>
        <strong>{words(what)}</strong>
        <span class="quiet"> by </span>
        <LongText text={who} />
      </span>
      <span class="audit-why">
        {why !== '' && (
          <>
            <LongText text={readable(why)} />{' '}
          </>
        )}
        <span class="quiet">
          <LongText text={subject} />
        </span>
      </span>
    </li>
  );
}

interface Rows {
  readonly value: readonly AuditRow[];
  readonly problem: Problem | null;
  /** Null when all are there. */
  readonly more: (() => void) | null;
}

function useRows(chain: string): Rows {
  const first = `/api/audit?chain=${encodeURIComponent(chain)}`;
  const [state, setState] = useState<{
    value: readonly AuditRow[];
    next: string | null;
    problem: Problem | null;
  }>({
    value: [],
    next: null,
    problem: null,
  });
  const read = async (path: string, before: readonly AuditRow[]): Promise<void> => {
    const sent = await send<AuditPageOf>('GET', path);
    if (sent.kind === 'refused') setState({ value: before, next: null, problem: sent.problem });
    else
      setState({ value: [...before, ...sent.value.value], next: sent.value.nextLink ?? null, problem: null });
  };
  useEffect(() => {
    void read(first, []);
  }, [first]);
  const { value, next, problem } = state;
  return { value, problem, more: next === null ? null : () => void read(next, value) };
}

/** Reads every chain whole, when a person asks: a large one takes its time. */
function Verification(): JSX.Element {
  const [state, setState] = useState<Verified | 'reading' | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const verify = async (): Promise<void> => {
    setState('reading');
    const sent = await send<Verified>('GET', '/api/audit/verify');
    setState(sent.kind === 'done' ? sent.value : null);
    setProblem(sent.kind === 'refused' ? sent.problem : null);
  };
  return (
    <section class="card" aria-labelledby="verified">
      <div class="card-head">
        <h2 id="verified">Is it whole?</h2>
        <button type="button" class="no-print" disabled={state === 'reading'} onClick={() => void verify()}>
          {state === 'reading' ? 'Reading all of it …' : 'Verify every chain'}
        </button>
      </div>
      {state === null && (
        <p class="quiet">
          Verifying reads every row and computes its hash again: a row that was changed, removed or added
          later is found.
        </p>
      )}
      <div role="status">
        {state !== null && state !== 'reading' && (
          <>
            <p class={state.isWhole ? 'verdict good' : 'verdict bad'}>
              <Icon name={state.isWhole ? 'check' : 'warning'} />
              {state.isWhole
                ? 'Whole: no row was changed, removed or added.'
                : 'Not whole: rows were changed, removed or added.'}
            </p>
            <ul class="chains">
              {state.chains.map(({ chain, rowCount, head, faults }) => (
                <li key={chain}>
                  <strong>{chain}</strong> {many(rowCount, 'row')}, last hash{' '}
                  <code class="value">{head}</code>
                  {faults.map(({ seq, kind, detail }) => (
                    <p key={`${seq} ${kind}`} class="bad">
                      Row {seq} {kind}: {detail}
                    </p>
                  ))}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      <ProblemNote problem={problem} />
    </section>
  );
}
