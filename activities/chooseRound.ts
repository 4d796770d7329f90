import type { RoundPlan } from '../store/plans';
import * as contracts from './contracts';
import { rolloutOf } from './rollout/control';
import { inItsWindow, reasonToEnd, slotOf } from './round/nextRound';
import { activity, type AnswerTo, type Services } from './services';

export const chooseRound = activity(
  contracts.chooseRound,
  async (services, input): Promise<AnswerTo<typeof contracts.chooseRound>> => {
    const control = await rolloutOf(services, input.rolloutId);
    const slots = (await pendingRounds(services, input)).flatMap((round) => {
      const slot = slotOf(services, round, input);
      return [{ round, slot }];
    });
    // Of those whose windows open together, the one planned first.
    const inOrder = slots
      .flatMap(({ round, slot }) => (slot === null ? [] : [{ round, slot }]))
      .sort((a, b) => (a.slot.opensUtc < b.slot.opensUtc ? -1 : a.slot.opensUtc > b.slot.opensUtc ? 1 : 0));
    for (const { round, slot } of inOrder) {
      if (await services.rollouts.hasRound(input.rolloutId, round)) continue;
      const next = await inItsWindow(services, control, round, slot);
      return slots.length === 1 ? { ...next, isLast: true } : next;
    }
    const noneFits = slots.length > inOrder.length;
    return { kind: 'none', reason: noneFits ? reasonToEnd(services, control) : null };
  },
);

/** The rounds of a set that have not run in this execution. Most sets are done from the front: what lies before the first is not read. */
export async function pendingRounds(
  services: Services,
  { rolloutId, done, ...group }: contracts.GroupScope & { readonly done: readonly number[] },
): Promise<readonly RoundPlan[]> {
  const over = new Set(done);
  let first = 1;
  while (over.has(first)) first += 1;
  const planned = await services.plans.groupRounds(rolloutId, { ...group, round: first });
  return planned.filter(({ round }) => !over.has(round));
}
