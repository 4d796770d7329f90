import * as contracts from './contracts';
import { activity } from './services';

export const takeSet = activity(contracts.takeSet, async (services, input) => {
  const { rolloutId, phase, region, stage, sets, lane } = input;
  const number = await services.roundQueues.takeNext(rolloutId, { ...lane, count: sets });
  if (number === null) return { group: null };
  const planned = await services.plans.readStage(rolloutId, phase, region, stage);
  return { group: planned?.sets[number - 1] ?? null };
});
