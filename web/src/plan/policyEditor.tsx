import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { time } from '../format';
import { askAllNow, useLive } from '../live';
import { useWhyNoOperator } from '../me';
import { doneAt } from '../parts/announcer';
import { LongText } from '../parts/longText';
import { ProblemNote } from '../parts/problemNote';
import { ReasonField } from '../parts/reasonField';
import { send, type Problem } from '../send';
import { PolicyEffect, type PolicyDiff } from './policyEffect';
import { PolicyReplaced, type Version } from './policyReplaced';
import { PolicyInForce } from './policyInForce';
import { PolicyText, yamlOf } from './policyText';

interface Policy {
  readonly version: number;
  readonly applied: Version | null;
  readonly sets: Readonly<Record<string, unknown>>;
  readonly inForce: Readonly<Record<string, unknown>>;
}

/** A text that is not applied yet. */
interface Draft {
  readonly text: string;
  /** The version that it was begun from: it replaces no other. */
  readonly version: number;
}

const POLICY_MS = 10_000;
/** Its reason goes into the address of the request, which has a limit of its own. */
const IN_ADDRESS_MAX = 2_000;
/** So long after the last key the host is asked what the text would do. */
const TYPED_MS = 450;

/** While another page is looked at: what was typed is not lost by a look at the audit. */
let leftDraft: Draft | null = null;

function useDraft(): readonly [Draft | null, (draft: Draft | null) => void] {
  const [draft, setDraft] = useState(leftDraft);
  const set = (next: Draft | null): void => {
    leftDraft = next;
    setDraft(next);
  };
  return [draft, set];
}

/** The policy in force, as the file that sets it; what another text would do, before it is applied. */
export function PolicyEditor(): JSX.Element {
  const { data: policy, problem } = useLive<Policy>('/api/policy', POLICY_MS);
  const [draft, setDraft] = useDraft();
  const written = policy === null ? '' : fileOf(policy);
  const version = policy?.version ?? 0;
  const changed = draft === null || draft.text === written ? null : draft;
  const checked = useDiff(changed?.text ?? null, version);
  return (
    <section class="card" aria-labelledby="policy">
      <div class="card-head">
        <h2 id="policy" tabIndex={-1}>
          Policy
        </h2>
        <p class="quiet">{policy !== null && versionInWords(policy)}</p>
      </div>
      {policy === null ? (
        <p class="quiet">{problem === null ? 'Reading it …' : `${problem.title} ${problem.detail}`}</p>
      ) : (
        <div class="policy">
          <PolicyText
            label="What the file sets over the settings of the deployment (YAML)"
            text={draft?.text ?? written}
            set={(text) => {
              setDraft(text === written ? null : { text, version: changed?.version ?? version });
            }}
            inForce={policy.inForce}
          />
          <div>
            {changed === null ? (
              <p class="quiet">Change the text: what it would do is shown here, before it is applied.</p>
            ) : (
              <>
                <ProblemNote problem={checked?.problem ?? null} />
                {checked?.diff && <PolicyEffect diff={checked.diff} />}
                {checked === null && <p class="quiet">Asking what it would do …</p>}
                {changed.version !== version && (
                  <PolicyReplaced
                    version={version}
                    applied={policy.applied}
                    begunFrom={changed.version}
                    goOn={() => {
                      setDraft({ ...changed, version });
                    }}
                  />
                )}
                <Apply
                  draft={changed}
                  whyNot={
                    changed.version === version
                      ? whyNotYet(checked)
                      : 'Off: the text is of an earlier version.'
                  }
                  onDone={() => {
                    setDraft(null);
                  }}
                  onForget={() => {
                    setDraft(null);
                  }}
                />
              </>
            )}
          </div>
        </div>
      )}
      {policy !== null && <PolicyInForce inForce={policy.inForce} sets={policy.sets} />}
      <Versions />
    </section>
  );
}

const versionInWords = ({ version, applied }: Policy): string =>
  applied === null
    ? 'As deployed: no file was applied'
    : `Version ${version}, applied ${time(applied.appliedUtc)}`;

/** The file as it was applied; before the first, a line that says what would stand there. */
function fileOf({ applied, sets }: Policy): string {
  if (applied !== null) return applied.text;
  return Object.entries(sets)
    .map(([name, value]) => `${name}: ${yamlOf(value)}`)
    .join('\n');
}

interface Checked {
  readonly text: string;
  /** Of the policy that the text is compared with. */
  readonly version: number;
  readonly diff: PolicyDiff | null;
  readonly problem: Problem | null;
}

/** What the host says of the text; null while it has not answered. */
function useDiff(text: string | null, version: number): Checked | null {
  const [checked, setChecked] = useState<Checked | null>(null);
  useEffect(() => {
    if (text === null) return undefined;
    let isOver = false;
    const timer = window.setTimeout(() => {
      void send<PolicyDiff>('POST', '/api/policy/diff', text, 'application/yaml').then((sent) => {
        if (isOver) return;
        const diff = sent.kind === 'done' ? sent.value : null;
        setChecked({ text, version, diff, problem: sent.kind === 'refused' ? sent.problem : null });
      });
    }, TYPED_MS);
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [text, version]);
  return checked?.text === text && checked.version === version ? checked : null;
}

function whyNotYet(checked: Checked | null): string | null {
  if (checked === null) return 'Off until it is known what it would do.';
  if (checked.problem !== null) return 'Off: the text has mistakes.';
  return checked.diff?.changes.length === 0 ? 'Off: it changes nothing.' : null;
}

interface ApplyProps {
  readonly draft: Draft;
  readonly whyNot: string | null;
  readonly onDone: () => void;
  readonly onForget: () => void;
}

function Apply({ draft: { text, version }, whyNot, onDone, onForget }: ApplyProps): JSX.Element {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  // What was refused was refused for the version before.
  useEffect(() => {
    setProblem(null);
  }, [version]);
  const notOperator = useWhyNoOperator();
  const missing = notOperator ?? whyNot ?? (reason.trim() === '' ? 'Say why: it goes into the audit.' : null);
  const apply = async (): Promise<void> => {
    if (missing !== null) return;
    const query = new URLSearchParams({ reason: reason.trim(), version: String(version) });
    const sent = await send('PUT', `/api/policy?${query.toString()}`, text, 'application/yaml');
    setProblem(sent.kind === 'refused' ? sent.problem : null);
    askAllNow();
    if (sent.kind !== 'done') return;
    doneAt('policy', 'The policy is applied.');
    onDone();
  };
  return (
    <form
      class="decision"
      onSubmit={(event) => {
        event.preventDefault();
        void apply();
      }}
    >
      <ReasonField reason={reason} set={setReason} max={IN_ADDRESS_MAX} />
      <div class="decision-end">
        <button
          type="submit"
          class="primary"
          aria-disabled={missing !== null}
          aria-describedby="policy-missing"
        >
          Apply the policy
        </button>
        <button
          type="button"
          onClick={() => {
            doneAt('policy', 'The changes are forgotten.');
            onForget();
          }}
        >
          Forget the changes
        </button>
        <span id="policy-missing" class="quiet">
          {missing}
        </span>
      </div>
      <ProblemNote problem={problem} />
    </form>
  );
}

function Versions(): JSX.Element | null {
  const { data } = useLive<{ value: readonly Version[]; nextLink?: string }>(
    '/api/policy/versions',
    POLICY_MS,
  );
  const all = data?.value ?? [];
  if (all.length === 0) return null;
  return (
    <details>
      <summary>
        {all.length === 1
          ? 'The version'
          : `The ${data?.nextLink === undefined ? '' : 'latest '}${all.length} versions`}{' '}
        that people applied
      </summary>
      <ol class="plain versions">
        {all.map(({ version, appliedUtc, appliedBy, reason, text }) => (
          <li key={version}>
            <strong>Version {version}</strong>{' '}
            <span class="quiet">
              {time(appliedUtc)} by <LongText text={appliedBy} />
            </span>
            <p>
              <LongText text={reason} />
            </p>
            <pre class="code">
              <LongText text={text} />
            </pre>
          </li>
        ))}
      </ol>
    </details>
  );
}
