import type { RolloutId } from '../domain/ids';
import type { Take } from '../store/roundQueues';
import * as contracts from './contracts';
import { rolloutOf } from './rollout/control';
import { delayed, inItsWindow, reasonToEnd, slotOf } from './round/nextRound';
import { roundOf } from './round/roundOf';
import { activity, type AnswerTo, type Services } from './services';

export const takeRound = activity(
  contracts.takeRound,
  async (services, input): Promise<AnswerTo<typeof contracts.takeRound>> => {
    const { rolloutId, phase, region, stage, group, again, lane } = input;
    const number = again ?? (await take(services, rolloutId, input));
    if (number === null) return { kind: 'none', reason: null, round: null };
    const where = { phase, region, stage, group, round: number };
    if (await services.rollouts.hasRound(rolloutId, where)) return { kind: 'past' };
    const round = await roundOf(services, { rolloutId, ...where });
    const control = await rolloutOf(services, rolloutId);
    const slot = slotOf(services, round, input);
    if (slot === null) return { kind: 'none', reason: reasonToEnd(services, control), round: number };
    const isFirst = lane.take === 1 && again === null;
    return delayed(await inItsWindow(services, control, round, slot), isFirst ? round.delaySeconds : 0);
  },
);

function take(
  services: Services,
  rolloutId: RolloutId,
  { lane, rounds }: { readonly lane: Omit<Take, 'count'>; readonly rounds: number },
): Promise<number | null> {
  return services.roundQueues.takeNext(rolloutId, { ...lane, count: rounds });
}
