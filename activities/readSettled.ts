import * as contracts from './contracts';
import { rolloutOf } from './control';
import { activity } from './world';

/** All turns are over when this is asked; what is left to wait for are the second chances. */
export const readSettled = activity(contracts.readSettled, async (world, { rolloutId }) => {
  const control = await rolloutOf(world, rolloutId);
  if (control.mode === 'cancelled' || world.nowUtc() >= control.endsUtc) return { settled: true };
  return { settled: (await world.outcomes.secondChances(rolloutId)).length === 0 };
});
