import * as contracts from './contracts';
import { wakingActivity } from './services';

export const releaseWaits = wakingActivity(contracts.releaseWaits, async (services, { instanceIds }) => {
  await Promise.all(instanceIds.map((instanceId) => services.wake(instanceId)));
  return {};
});
