import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { NeededApproval, Phase, Rollout } from '../api';
import { hoursOrDays, many, phaseName, readable, shortened, time, vms } from '../format';
import { useWhyNoApprover } from '../me';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { DecisionForm, type Choice } from './decisionForm';
import { hoursInWords } from './emergencyFacts';
import { Toggle } from '../parts/toggle';
import { Fact } from '../parts/fact';

/** Of these an approver can still say something. */
const OPEN: ReadonlySet<NeededApproval['state']> = new Set(['pending', 'lapsed', 'withdrawn', 'rejected']);
const STANDING: ReadonlySet<NeededApproval['state']> = new Set(['approved', 'used']);

/** What waits for an approver, or will: what it is, by whom asked, what approving does, and the decision. Nothing where the policy asks for none. */
export function Approvals({ rollout }: { readonly rollout: Rollout }): JSX.Element | null {
  const isOver = rollout.endedUtc !== null || rollout.state === 'cancelling';
  const open = rollout.approvals.filter(({ state }) => OPEN.has(state));
  const standing = rollout.approvals.filter(({ state }) => STANDING.has(state));
  const [next, ...later] = open;
  if (isOver || (next === undefined && standing.length === 0)) return null;
  const isWaiting = next !== undefined && waitsNow(next, rollout.phases);
  return (
    <section class={isWaiting ? 'card approvals waiting' : 'card approvals'} aria-labelledby="approvals">
      <h2 id="approvals">
        <Icon name={isWaiting ? 'pause' : next === undefined ? 'check' : 'clock'} />
        {titleOf(next, isWaiting)}
      </h2>
      {next !== undefined && <Open key={next.phase} needed={next} rollout={rollout} isWaiting={isWaiting} />}
      {later.length > 0 && (
        <p class="quiet">
          Later {later.map(({ phase, rule }) => `${phaseName(phase)} (${shortened(rule)})`).join(' and ')}{' '}
          will ask for one, too.
        </p>
      )}
      {standing.map((needed) => (
        <Standing key={needed.phase} needed={needed} rollout={rollout} />
      ))}
    </section>
  );
}

/** The first that nothing but an approver keeps, of a rollout that is open. */
export function approvalThatWaits({ approvals, phases, endedUtc }: Rollout): NeededApproval | undefined {
  if (endedUtc !== null) return undefined;
  return approvals.find((one) => OPEN.has(one.state) && waitsNow(one, phases));
}

function titleOf(next: NeededApproval | undefined, isWaiting: boolean): string {
  if (next === undefined) return 'Approved';
  return isWaiting
    ? `${phaseName(next.phase)} waits for an approval`
    : `${phaseName(next.phase)} will need an approval`;
}

/** Whether nothing but the approval keeps it: the phase before it has passed its gate. */
function waitsNow({ phase }: NeededApproval, phases: readonly Phase[]): boolean {
  const at = phases.findIndex((one) => one.phase === phase);
  return at >= 0 && phases.slice(0, at).every(({ endedUtc }) => endedUtc !== null);
}

interface OpenProps {
  readonly needed: NeededApproval;
  readonly rollout: Rollout;
  readonly isWaiting: boolean;
}

function Open({ needed, rollout, isWaiting }: OpenProps): JSX.Element {
  const { requestedBy, requestedUtc, phases } = rollout;
  const phase = phases.find((one) => one.phase === needed.phase);
  const before = phases[phases.findIndex((one) => one.phase === needed.phase) - 1];
  const off = useWhyNoApprover(rollout.id);
  return (
    <>
      <dl class="approval-facts">
        {phase !== undefined && (
          <Fact name="What">
            {vms(phase.vmCount)} in {many(phase.regions.length, 'region')}: {phase.regions.join(', ')}
          </Fact>
        )}
        <Fact name="Asked for by">
          <LongText text={requestedBy} />, {time(requestedUtc)}
        </Fact>
        <Fact name="Why it waits">
          The policy asks an approver <LongText text={needed.rule} />.
        </Fact>
        {phase?.expected && (
          <Fact name="Planned">
            {time(phase.expected.expectedStartUtc)} to {time(phase.expected.expectedEndUtc)}
          </Fact>
        )}
        {before !== undefined && (
          <Fact name={`${phaseName(before.phase)} before it`}>
            {before.gate === null ? 'is not over yet' : readable(before.gate.why)}
          </Fact>
        )}
        <LastWord needed={needed} />
      </dl>
      <DecisionForm
        rolloutId={rollout.id}
        choices={choicesOf(needed, rollout, isWaiting, off)}
        startLabel="Decide on the approval"
        about={{ phase: needed.phase }}
      />
    </>
  );
}

/** What was said of it before. */
function LastWord({ needed: { state, approval } }: { readonly needed: NeededApproval }): JSX.Element | null {
  if (approval === null) return null;
  if (state === 'lapsed')
    return (
      <Fact name="Lapsed">
        <LongText text={approval.by} /> approved it; it was not used by {time(approval.untilUtc)}.
      </Fact>
    );
  const said = approval.withdrawn ?? approval;
  return (
    <Fact name={state === 'rejected' ? 'Rejected' : 'Taken back'}>
      by <LongText text={said.by} />, {time(said.atUtc)}: <LongText text={said.reason} />
    </Fact>
  );
}

function choicesOf(
  { phase: id, validHours, state }: NeededApproval,
  { phases, emergency }: Rollout,
  isWaiting: boolean,
  off: ReturnType<typeof useWhyNoApprover>,
): readonly Choice[] {
  const phase = phases.find((one) => one.phase === id);
  const what = phase === undefined ? phaseName(id) : `${vms(phase.vmCount)} of ${phaseName(id)}`;
  const begins = phase !== undefined && phase.startedUtc !== null ? 'go on' : 'start';
  const when = isWaiting ? `now, ${hoursInWords(emergency?.hours ?? null)}` : 'when the gate before it opens';
  const approve: Choice = {
    kind: 'approve',
    label: 'Approve',
    effect: `${what} ${begins} ${when}. Not used within ${hoursOrDays(validHours)}, it lapses.`,
    off: off.approve,
  };
  const reject: Choice = {
    kind: 'reject',
    label: 'Reject',
    effect: `${what} keep waiting, and your reason is shown here. It can still be approved later; an operator can cancel the rollout.`,
    off: off.reject,
  };
  return state === 'rejected' ? [approve] : [approve, reject];
}

/** An approval that holds, and how to take it back. */
function Standing({
  needed: { phase, state, approval },
  rollout,
}: {
  readonly needed: NeededApproval;
  readonly rollout: Rollout;
}): JSX.Element | null {
  const [isOpen, setIsOpen] = useState(false);
  const { reject: off } = useWhyNoApprover(rollout.id);
  if (approval === null) return null;
  const isOver = (rollout.phases.find((one) => one.phase === phase)?.endedUtc ?? null) !== null;
  const withdraw: Choice = {
    kind: 'withdraw',
    label: 'Take it back',
    effect: `Nothing new starts in ${phaseName(phase)} until it is approved again; what is in flight ends.`,
    off,
  };
  return (
    <div class="approval-standing">
      <p>
        <strong>{phaseName(phase)}</strong> was approved by <LongText text={approval.by} />,{' '}
        {time(approval.atUtc)}: <LongText text={approval.reason} />
        {state === 'approved' && (
          <span class="quiet"> It lapses {time(approval.untilUtc)} when it is not used.</span>
        )}
      </p>
      {!isOver && (
        <Toggle isOpen={isOpen} setIsOpen={setIsOpen}>
          Take this approval back …
        </Toggle>
      )}
      {isOpen && !isOver && (
        <DecisionForm
          rolloutId={rollout.id}
          choices={[withdraw]}
          startLabel={withdraw.label}
          about={{ phase }}
          onDone={() => {
            setIsOpen(false);
          }}
        />
      )}
    </div>
  );
}
