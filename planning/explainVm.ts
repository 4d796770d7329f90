import { budgetRoom } from '../domain/budgets';
import type { Control, RolloutControl } from '../domain/control';
import { freezesOf, freezesOfStart, type Freeze } from '../domain/freezes';
import { holdsOf, type BudgetFacts, type HoldFacts } from '../domain/holds';
import { later } from '../domain/instants';
import type { Outcome } from '../domain/outcome';
import type { Policy } from '../domain/policy';
import { because, type Because, type OutcomeReason } from '../domain/reasons';
import { describeSelector, selects } from '../domain/selector';
import { UNBLOCKS, type Unblock } from '../domain/unblocks';
import type { VirtualMachine } from '../domain/virtualMachine';
import { lastStart, nextStart, startQuestion } from './nextStart';

/** What is known of one VM, from the tables; what the platform says of it now only where it was asked. */
export interface VmFacts {
  readonly nowUtc: string;
  readonly policy: Policy;
  readonly vm: VirtualMachine;
  readonly timeZone: string;
  /** The rollout it is asked about, and whether something may start in the VM's place; null before the first rollout. */
  readonly rollout: {
    readonly control: RolloutControl;
    readonly here: Control;
    /** Since when it waits or has stopped here; null where that is not written down. */
    readonly hereSinceUtc: string | null;
  } | null;
  readonly freezes: readonly Freeze[];
  readonly outcome: Outcome | null;
  /** Whether it has a second chance after that outcome. */
  readonly isTriedAgain: boolean;
  /** When its round in the plan is expected; null when it has none. */
  readonly plannedStartUtc: string | null;
  readonly budgets?: readonly BudgetFacts[];
  /** Since when an installation is running; null for none. */
  readonly installingSinceUtc: string | null;
  /** Since when its installation by this rollout is over, as long as the VM's outcome depends on its health; null for none. */
  readonly watchedSinceUtc: string | null;
  readonly platform?: Pick<HoldFacts, 'powerState' | 'agentStatus' | 'agentVersion' | 'health'>;
}

export interface ExplainedHold {
  readonly reason: OutcomeReason;
  readonly kind: Because['kind'];
  readonly detail: string;
  readonly facts: Because['facts'];
  /** Null where nothing says since when. */
  readonly sinceUtc: string | null;
  readonly unblocks: Unblock;
}

export type VmStanding = 'noRollout' | 'notTakingPart' | 'waiting' | 'held' | 'inProgress' | 'done';

export interface VmExplanation {
  readonly state: VmStanding;
  readonly sentence: string;
  /** Everything that holds it now, the most specific first, from the rules that the rollout itself asks (domain/holds.ts). */
  readonly holds: readonly ExplainedHold[];
  /** Null when it will not start in this rollout. `expectedUtc` is null where it depends on a person. */
  readonly start: {
    readonly earliestUtc: string;
    readonly expectedUtc: string | null;
    readonly latestUtc: string;
  } | null;
}

/** Why a VM stands as it does, and when it can start at the earliest. Pure. */
export function explainVm(facts: VmFacts): VmExplanation {
  const { vm, policy, rollout, outcome } = facts;
  const ineligible = holdsOf({ nowUtc: facts.nowUtc, policy, vm });
  if (ineligible.length > 0) {
    const holds = explained(ineligible, () => outcome?.atUtc ?? null);
    return { state: 'notTakingPart', sentence: sentenceOf('It takes no part', holds), holds, start: null };
  }
  if (rollout === null)
    return { state: 'noRollout', sentence: 'No rollout has been started yet.', holds: [], start: null };
  const { emergency, rolloutId } = rollout.control;
  if (emergency !== undefined && outcome === null && !selects(emergency.selector, vm))
    return {
      state: 'notTakingPart',
      sentence: `It takes no part: ${rolloutId} is for ${describeSelector(emergency.selector)}.`,
      holds: [],
      start: null,
    };
  const doing = whatIsDone(facts);
  if (doing !== null) return { state: 'inProgress', sentence: doing, holds: [], start: null };
  const holds = holdsNow(facts, rollout);
  if (outcome !== null && !facts.isTriedAgain)
    return { state: 'done', sentence: doneSentence(outcome, rollout.control), holds: [], start: null };
  const start = startOf(facts, rollout.control, holds);
  const state = holds.length > 0 ? 'held' : 'waiting';
  return { state, sentence: waitingSentence(facts, holds, start), holds, start };
}

function whatIsDone({ installingSinceUtc, watchedSinceUtc }: VmFacts): string | null {
  if (installingSinceUtc !== null) return `An installation is running since ${installingSinceUtc}.`;
  if (watchedSinceUtc === null) return null;
  return `Its installation ended at ${watchedSinceUtc}. Its health is watched before it counts.`;
}

type RolloutFacts = NonNullable<VmFacts['rollout']>;

/** What the rollout's rules say now, and what held it at its last try where nothing newer is known of that. */
function holdsNow(facts: VmFacts, { here, hereSinceUtc }: RolloutFacts): ExplainedHold[] {
  const { nowUtc, policy, vm, timeZone, freezes, outcome, platform, budgets = [] } = facts;
  const standing = freezesOfStart(freezesOf(freezes, vm, timeZone), nowUtc, policy);
  const now = holdsOf({ nowUtc, policy, vm, control: here, freezes: standing, budgets, ...platform });
  const sinceOf = (reason: OutcomeReason): string | null => {
    if (reason === 'frozen' || reason === 'excludedForNow') {
      const found = standing.find(({ freeze }) => (freeze.kind === 'freeze') === (reason === 'frozen'));
      return found === undefined || found.span.fromUtc > nowUtc ? null : found.span.fromUtc;
    }
    if (reason === 'budgetUsedUp')
      return (
        budgets.find(({ max, downCount }) => budgetRoom(max, downCount) === 0)?.sinceUtc ??
        outcome?.atUtc ??
        null
      );
    if (here.kind !== 'go' && reason === here.reason) return hereSinceUtc;
    return outcome?.reason === reason ? outcome.atUtc : null;
  };
  const holds = explained(now, sinceOf);
  if (outcome === null) return holds;
  const then = heldThen(outcome, platform !== undefined);
  return [...holds, ...then.filter(({ reason }) => now.every((hold) => hold.reason !== reason))];
}

/** These are looked at afresh above, or passed with the window of the last try: that they held then says nothing of now. */
const OF_THEN: readonly OutcomeReason[] = [
  'frozen',
  'excludedForNow',
  'rolloutHalted',
  'rolloutPaused',
  'approvalPending',
  'windowMissed',
  'placeChanged',
  'installInFlight',
  'budgetUsedUp',
];

/** What the platform said then; when it is asked now, what it does not say any more does not hold any more. */
const OF_THE_PLATFORM: readonly OutcomeReason[] = ['poweredOff', 'agentSilent', 'agentOutdated'];

/** What held it at its last try, and is not known to have passed: the reason of its outcome, and what was found beside that. */
function heldThen(outcome: Outcome, isPlatformAsked: boolean): ExplainedHold[] {
  const { kind, reason, detail, facts = {}, atUtc, otherReasons = [] } = outcome;
  if (kind !== 'deferred' && kind !== 'failed') return [];
  const holds = (one: OutcomeReason): boolean =>
    !OF_THEN.includes(one) && !(isPlatformAsked && OF_THE_PLATFORM.includes(one));
  const main = { kind, reason, detail, facts, sinceUtc: atUtc, unblocks: UNBLOCKS[reason] };
  const beside = [because('poweredOff', {}), because('agentSilent', { agentStatus: 'silent' })].filter(
    (one) => otherReasons.includes(one.reason) && holds(one.reason),
  );
  return [...(holds(reason) ? [main] : []), ...explained(beside, () => atUtc)];
}

function explained(
  holds: readonly Because[],
  sinceOf: (reason: OutcomeReason) => string | null,
): ExplainedHold[] {
  return holds.map(({ kind, reason, detail, facts }) => ({
    reason,
    kind,
    detail,
    facts,
    sinceUtc: sinceOf(reason),
    unblocks: UNBLOCKS[reason],
  }));
}

function startOf(
  facts: VmFacts,
  control: RolloutControl,
  holds: readonly ExplainedHold[],
): VmExplanation['start'] {
  const { nowUtc, policy, outcome, plannedStartUtc } = facts;
  if (control.endedUtc !== null || control.mode === 'cancelled') return null;
  if (facts.rollout?.here.kind === 'stop') return null;
  const question = startQuestion(facts, nowUtc, control.endsUtc);
  // A round that has its claim may start installs until its last instant, without another assessment of its own.
  const earliest = nextStart(question, { ...policy, assessmentPollSeconds: 0 });
  const latestUtc = lastStart(question, policy);
  if (earliest === null || latestUtc === null) return null;
  const fromPlan =
    plannedStartUtc !== null && outcome === null
      ? later(plannedStartUtc, earliest.opensUtc)
      : earliest.opensUtc;
  const expected = nextStart({ ...question, fromUtc: fromPlan }, policy);
  const needsPerson = holds.some(({ unblocks }) => unblocks.by === 'operator' || unblocks.by === 'owner');
  return {
    earliestUtc: earliest.opensUtc,
    expectedUtc: needsPerson ? null : (expected?.opensUtc ?? null),
    latestUtc,
  };
}

function sentenceOf(what: string, holds: readonly ExplainedHold[]): string {
  return `${what}: ${holds.map(({ reason, detail }) => (detail === '' ? reason : detail)).join('; ')}`.replace(
    /\.?$/,
    '.',
  );
}

function doneSentence({ kind, reason, detail, atUtc }: Outcome, { rolloutId }: RolloutControl): string {
  return `In ${rolloutId} it ended ${kind} (${reason}) at ${atUtc}. ${detail}`.trim();
}

function waitingSentence(
  { plannedStartUtc, outcome }: VmFacts,
  holds: readonly ExplainedHold[],
  start: VmExplanation['start'],
): string {
  if (start === null && holds.length === 0)
    return 'No off-peak hours are left for it before the rollout ends.';
  const when =
    start === null
      ? ''
      : ` It can start at ${start.earliestUtc} at the earliest, at ${start.latestUtc} at the latest.`;
  if (holds.length > 0) return `${sentenceOf('It is held', holds)}${when}`;
  if (outcome !== null) return `It waits for its second chance.${when}`;
  return plannedStartUtc === null
    ? `It waits for the plan.${when}`
    : `It waits for its turn, planned for ${plannedStartUtc}.${when}`;
}
