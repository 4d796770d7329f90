import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Halt, Halts, Rollout } from '../api';
import { count, phaseName, readable, shortened, time, vms, words } from '../format';
import { useWhyNoOperator } from '../me';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { Name } from '../parts/name';
import { ProblemNote } from '../parts/problemNote';
import { addressOf, Link } from '../router';
import { DecisionForm, useRefused, type Choice } from './decisionForm';

const ACCUSED_SHOWN = 6;
const FACTS_SHOWN = 5;

/** What stopped the rollout, about which VMs, what they share, and the decision. Nothing while no halt is open, but why the last decision was refused. */
export function HaltBanner({
  rollout,
  halts,
}: {
  readonly rollout: Rollout;
  readonly halts: Halts;
}): JSX.Element | null {
  const off = useWhyNoOperator();
  const open = halts.value.filter(({ decision }) => decision === null);
  const isOver = rollout.endedUtc !== null || rollout.state === 'cancelling';
  const isShown = open.length > 0 && !isOver;
  const [refused, setRefused] = useRefused(isShown);
  if (!isShown) return refused === null ? null : <ProblemNote problem={refused} />;
  return (
    <section class="halt" aria-labelledby="halt" role="region">
      <h2 id="halt">
        <Icon name="warning" />
        {open.length === 1 ? title(open[0]) : `${open.length} halts wait for your decision`}
      </h2>
      {open.map((halt) => (
        <HaltFacts
          key={halt.haltId}
          halt={halt}
          plannedCount={halts.plannedCount}
          several={open.length > 1}
        />
      ))}
      <DecisionForm
        rolloutId={rollout.id}
        choices={choicesOf(open, halts).map((choice) => ({ ...choice, off }))}
        startLabel="Decide"
        seen={{ forgives: open.map(({ haltId }) => haltId), pausedSinceUtc: rollout.pausedSinceUtc }}
        onRefused={setRefused}
      />
    </section>
  );
}

const title = (halt: Halt | undefined): string =>
  halt === undefined ? '' : `${halt.kind === 'halt' ? 'Halted' : 'Held'}: ${shortened(halt.stops)}`;

interface HaltFactsProps {
  readonly halt: Halt;
  readonly plannedCount: number;
  readonly several: boolean;
}

function HaltFacts({ halt, plannedCount, several }: HaltFactsProps): JSX.Element {
  return (
    <div class="halt-facts">
      {several && <h3>{title(halt)}</h3>}
      <p class="halt-why">
        <LongText text={readable(sentence(halt.why))} />{' '}
        <span class="quiet">
          {phaseName(halt.phase)}, {time(halt.atUtc)}
        </span>
      </p>
      <div class="halt-columns">
        {halt.accused.length > 0 && <Accused halt={halt} />}
        {halt.inCommon.length > 0 && (
          <div>
            <h4>
              {halt.accusedCount === 1 ? 'About it' : `What all ${count(halt.accusedCount)} have in common`}
            </h4>
            <dl class="facts">
              {factsOf(halt).map(({ fact, value, sharedByCount }) => (
                <div key={fact}>
                  <dt>
                    <Name text={fact} />
                  </dt>
                  <dd>
                    <Name text={value} />
                  </dd>
                  <dd class="quiet">
                    {count(sharedByCount)} of {vms(plannedCount)} have it
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        )}
      </div>
    </div>
  );
}

function Accused({ halt }: { readonly halt: Halt }): JSX.Element {
  const [all, setAll] = useState(false);
  const shown = all ? halt.accused : halt.accused.slice(0, ACCUSED_SHOWN);
  const left = halt.accusedCount - shown.length;
  return (
    <div>
      <h4>{vms(halt.accusedCount)} it is about</h4>
      <ul class="accused">
        {shown.map(({ vmId, name, kind, reason, detail }) => (
          <li key={vmId}>
            <Link to={addressOf('/vm', { id: vmId })}>
              <Name text={name} />
            </Link>
            <span class="quiet clamp" title={detail.slice(0, 1_000)}>
              {kind}, {detail === '' ? words(reason) : detail}
            </span>
          </li>
        ))}
      </ul>
      {left > 0 && (
        <p>
          {all ? (
            <span class="quiet">and {count(left)} more</span>
          ) : (
            <button
              type="button"
              class="text-button"
              onClick={() => {
                setAll(true);
              }}
            >
              Show {count(left)} more
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** The image family, by which the evidence is counted, and the rarest of the others. */
function factsOf({ inCommon }: Halt): Halt['inCommon'] {
  const isFamily = ({ fact }: Halt['inCommon'][number]): boolean => fact === 'image family';
  return [...inCommon.filter(isFamily), ...inCommon.filter((one) => !isFamily(one))].slice(0, FACTS_SHOWN);
}

function choicesOf(open: readonly Halt[], halts: Halts): readonly Omit<Choice, 'off'>[] {
  const stopped = open.map(({ stops }) => shortened(stops)).join(' and ');
  const waiting = open.reduce((sum, { waitingCount }) => sum + waitingCount, 0);
  const skipped = open.reduce((sum, { skippedCount }) => sum + skippedCount, 0);
  return [
    {
      kind: 'resume',
      label: 'Resume',
      effect: `Go on with ${stopped}: ${vms(waiting)} there still wait. What counted against it is forgiven once; more of the same halts it again.`,
    },
    {
      kind: 'skip',
      label: 'Skip',
      effect: `Give up the rest of ${open.map(({ skips }) => shortened(skips)).join(' and ')} this month: ${vms(skipped)} end as skipped. Everything else goes on.`,
    },
    {
      kind: 'cancel',
      label: 'Cancel the rollout',
      effect: `Nothing new starts, ever: ${vms(halts.waitingCount)} end as skipped. What is being installed ends first. It cannot be undone.`,
    },
  ];
}

const sentence = (text: string): string => {
  const first = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(first) ? first : `${first}.`;
};
