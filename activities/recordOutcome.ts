import * as contracts from './contracts';
import { activity } from './services';

export const recordOutcome = activity(contracts.recordOutcome, async (services, input) => {
  const { rolloutId, phase, region, outcome, installation } = input;
  await services.outcomes.save(rolloutId, [{ ...outcome, phase, region, installation }]);
  return {};
});
