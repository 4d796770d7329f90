import { setShare, type Disruption } from '../domain/disruption';
import { daysBetween } from '../domain/instants';
import { holdsOf } from '../domain/holds';
import { pairComponent } from '../domain/regions';
import type { Policy } from '../domain/policy';
import { roundSlot, type RoundSlot } from '../planning/roundSlot';
import type { RoundPlan } from '../store/plans';
import * as contracts from './contracts';
import { rolloutOf } from './control';
import { activity, type AnswerTo, type Services } from './services';

export const chooseRound = activity(
  contracts.chooseRound,
  async (services, input): Promise<AnswerTo<typeof contracts.chooseRound>> => {
    const control = await rolloutOf(services, input.rolloutId);
    const nowUtc = services.nowUtc();
    const pending = await pendingRounds(services, input);
    if (pending.length === 0) return { kind: 'none', reason: null };

    const next = earliest(pending, input, nowUtc, services.policy);
    const [hold] = holdsOf({
      nowUtc,
      policy: services.policy,
      windows: { left: next !== null, endsBecause: control.endsBecause },
    });
    if (next === null) return { kind: 'none', reason: hold?.reason ?? control.endsBecause };
    const { round, slot } = next;
    const elapsedDays = daysBetween(control.releasedUtc, nowUtc);
    return {
      kind: 'round',
      ref: { ...scopeOf(input), group: round.group, round: round.round },
      ...slot,
      disruption: disruptionOf(round, services.policy),
      ledger: pairComponent(round.region),
      catchUpSlotsMax: elapsedDays < services.policy.forecastTargetDays ? 1 : 2,
    };
  },
);

type Scope = contracts.RoundScope;

const scopeOf = ({ rolloutId, phase, region, stage }: Scope): Omit<Scope, 'group'> => ({
  rolloutId,
  phase,
  region,
  stage,
});

/** The rounds of a scope that have neither run nor been given up. */
export async function pendingRounds(
  services: Services,
  input: Scope & { readonly done: readonly string[] },
): Promise<readonly RoundPlan[]> {
  const { rolloutId, phase, region, stage, group } = input;
  const [planned, recorded] = await Promise.all([
    services.plans.rounds(rolloutId, phase, region),
    services.rollouts.rounds(rolloutId, phase, region),
  ]);
  const over = new Set([...input.done, ...recorded.filter((row) => row.stage === stage).map(keyOfRound)]);
  return planned.filter(
    (round) =>
      round.stage === stage &&
      (group === null ? round.kind === 'standalone' : round.group === group) &&
      !over.has(keyOfRound(round)),
  );
}

const keyOfRound = ({ group, round }: { readonly group: string; readonly round: number }): string =>
  `${group}.${round}`;

/** The round whose window opens first; among those, the one planned first. */
function earliest(
  pending: readonly RoundPlan[],
  { freshAfterUtc, endsUtc }: { readonly freshAfterUtc: string | null; readonly endsUtc: string },
  nowUtc: string,
  policy: Policy,
): { round: RoundPlan; slot: RoundSlot } | null {
  let best: { round: RoundPlan; slot: RoundSlot } | null = null;
  for (const round of pending) {
    const slot = roundSlot(round.timeZones, { nowUtc, freshAfterUtc, endsUtc }, policy);
    if (slot && (best === null || slot.opensUtc < best.slot.opensUtc)) best = { round, slot };
  }
  return best;
}

function disruptionOf(round: RoundPlan, policy: Policy): Disruption {
  const { region, zone, availabilitySetId, updateDomain, vmIds, setSize } = round;
  const shareMax = availabilitySetId === null ? null : setShare(setSize, policy);
  return { region, zone, availabilitySetId, updateDomain, count: vmIds.length, shareMax };
}
