import { NEXT_ROUND_SECONDS } from '../../domain/catchUpTurns';
import { setShare, type Disruption } from '../../domain/disruption';
import type { RolloutControl } from '../../domain/control';
import { addSeconds } from '../../domain/instants';
import { holdsOf } from '../../domain/holds';
import { isCatchUp } from '../../domain/phaseId';
import { pairComponent } from '../../domain/regions';
import type { OutcomeReason } from '../../domain/reasons';
import type { Policy } from '../../domain/policy';
import { roundSlot, type RoundSlot } from '../../planning/roundSlot';
import type { RoundPlan } from '../../store/plans';
import { withBudgets } from '../budgets/budgetShares';
import type * as contracts from '../contracts';
import type { AnswerTo, Services } from '../services';

export interface WhenItMayRun {
  readonly freshAfterUtc: string | null;
  readonly endsUtc: string;
}

type NextRound = Extract<AnswerTo<typeof contracts.chooseRound>, { kind: 'round' }>;

/** The next window of a round. Null when there is none before the rollout ends. */
export function slotOf(services: Services, round: RoundPlan, when: WhenItMayRun): RoundSlot | null {
  const { freshAfterUtc, endsUtc } = when;
  return roundSlot(round.timeZones, { nowUtc: services.nowUtc(), freshAfterUtc, endsUtc }, services.policy);
}

/**
 * A round in its window, with everything that it needs to run. When a window opens, rounds of a rollout ask first: one of a catch-up in another
 * zone would keep all of theirs waiting until it has ended.
 */
export async function inItsWindow(
  services: Services,
  control: RolloutControl,
  round: RoundPlan,
  slot: RoundSlot,
): Promise<NextRound> {
  const { phase, region, stage, group, round: number } = round;
  const next: NextRound = {
    kind: 'round',
    ref: { rolloutId: control.rolloutId, phase, region, stage, group, round: number },
    ...slot,
    disruption: await withBudgets(services, disruptionOf(round, services.policy), round.vmIds),
    ledger: pairComponent(region),
  };
  const letsOthersAsk = isCatchUp(phase) && slot.opensUtc > services.nowUtc();
  return letsOthersAsk ? delayed(next, NEXT_ROUND_SECONDS) : next;
}

/** The same some seconds later, as long as that is still a start. */
export function delayed(round: NextRound, seconds: number): NextRound {
  const opensUtc = addSeconds(round.opensUtc, seconds);
  return seconds === 0 || opensUtc >= round.acquireByUtc ? round : { ...round, opensUtc };
}

/** Why no round may run any more. */
export function reasonToEnd(services: Services, control: RolloutControl): OutcomeReason {
  const [hold] = holdsOf({
    nowUtc: services.nowUtc(),
    policy: services.policy,
    windows: { left: false, endsBecause: control.endsBecause },
  });
  return hold?.reason ?? control.endsBecause;
}

function disruptionOf(round: RoundPlan, policy: Policy): Disruption {
  const { region, zone, availabilitySetId, updateDomain, vmIds, setSize, subscriptions } = round;
  const shareMax = availabilitySetId === null ? null : setShare(setSize, policy);
  return {
    region,
    zone,
    availabilitySetId,
    updateDomain,
    count: vmIds.length,
    shareMax,
    ...(subscriptions.length > 0 && { subscriptions }),
  };
}
