import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Rollout } from '../api';
import { vms } from '../format';
import { useWhyNoOperator } from '../me';
import { ProblemNote } from '../parts/problemNote';
import { DecisionForm, useRefused, type Choice, type Seen } from './decisionForm';

interface ControlsProps {
  readonly rollout: Rollout;
  readonly waitingCount: number | null;
}

type Kind = 'pause' | 'resume' | 'cancel';

/** What a person may do at any time. A button that is off says why. */
export function Controls({ rollout, waitingCount }: ControlsProps): JSX.Element {
  const [open, setOpen] = useState<Kind | null>(null);
  const notOperator = useWhyNoOperator();
  const whyOffNow = (kind: Kind): string | null => whyOff(kind, rollout) ?? notOperator;
  const shown = open !== null && whyOffNow(open) === null ? open : null;
  const [refused, setRefused] = useRefused(shown !== null);
  return (
    <section class="card controls" aria-labelledby="controls">
      <h2 id="controls">Control</h2>
      <ul class="control-buttons">
        {(['pause', 'resume', 'cancel'] as const).map((kind) => {
          const off = whyOffNow(kind);
          return (
            <li key={kind}>
              <button
                type="button"
                aria-disabled={off !== null}
                aria-describedby={`why-${kind}`}
                aria-expanded={shown === kind}
                onClick={() => {
                  if (off === null) setOpen(open === kind ? null : kind);
                }}
              >
                {LABELS[kind]}
              </button>
              <span id={`why-${kind}`} class="quiet">
                {off ?? EFFECTS[kind]}
              </span>
            </li>
          );
        })}
      </ul>
      {shown !== null && (
        <DecisionForm
          key={shown}
          rolloutId={rollout.id}
          choices={[choiceOf(shown, waitingCount)]}
          startLabel={LABELS[shown]}
          {...(shown === 'resume' && { seen: seenOf(rollout) })}
          onDone={() => {
            setOpen(null);
          }}
          onRefused={setRefused}
        />
      )}
      {shown === null && <ProblemNote problem={refused} />}
    </section>
  );
}

const LABELS: Readonly<Record<Kind, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel the rollout',
};
const EFFECTS: Readonly<Record<Kind, string>> = {
  pause: 'Nothing new starts; what is in flight ends.',
  resume: 'Goes on from where it is.',
  cancel: 'Nothing new starts, ever.',
};

/** Null when it may be pressed. */
function whyOff(kind: Kind, { state, endedUtc }: Rollout): string | null {
  if (endedUtc !== null) return 'Off: the rollout is over.';
  if (state === 'cancelling' || state === 'cancelled') return 'Off: the rollout is being cancelled.';
  if (kind === 'pause' && state === 'paused') return 'Off: it is paused.';
  if (kind === 'resume' && state === 'halted')
    return 'Off here: decide on the halt, at the top of this page.';
  if (kind === 'resume' && state !== 'paused') return 'Off: it is neither paused nor halted.';
  return null;
}

const seenOf = ({ halts, pausedSinceUtc }: Rollout): Seen => ({
  forgives: halts.filter(({ decision }) => decision === null).map(({ haltId }) => haltId),
  pausedSinceUtc,
});

function choiceOf(kind: Kind, waitingCount: number | null): Choice {
  const effect =
    kind === 'cancel' && waitingCount !== null
      ? `${vms(waitingCount)} end as skipped. What is being installed ends first. It cannot be undone.`
      : EFFECTS[kind];
  return { kind, label: LABELS[kind], effect, off: null };
}
