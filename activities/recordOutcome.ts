import * as contracts from './contracts';
import { activity } from './world';

export const recordOutcome = activity(contracts.recordOutcome, async (world, input) => {
  const { rolloutId, phase, region, outcome, installation } = input;
  await world.outcomes.save(rolloutId, [{ ...outcome, phase, region, installation }]);
  return {};
});
