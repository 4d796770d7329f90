import * as contracts from './contracts';
import { rolloutOf } from './rollout/control';
import { activity } from './services';

/** All turns are over when this is asked; what is left to wait for are the second chances. */
export const readCompletion = activity(contracts.readCompletion, async (services, { rolloutId }) => {
  const control = await rolloutOf(services, rolloutId);
  if (control.mode === 'cancelled' || services.nowUtc() >= control.endsUtc) return { complete: true };
  return { complete: (await services.outcomes.totals(rolloutId)).waiting === 0 };
});
