import * as contracts from './contracts';
import { activity } from './services';

export const recordWait = activity(contracts.recordWait, async (services, input) => {
  const { rolloutId, ...wait } = input;
  await services.waits.register(rolloutId, wait);
  return {};
});
