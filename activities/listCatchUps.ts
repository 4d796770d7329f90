import * as contracts from './contracts';
import { rolloutOf } from './control';
import { activity } from './services';

export const listCatchUps = activity(contracts.listCatchUps, async (services, { phase }) => {
  const catchUps = [];
  for (const { rolloutId, region } of await services.secondChances.regionsTaken(phase)) {
    const { endsUtc, epoch } = await rolloutOf(services, rolloutId);
    catchUps.push({ rolloutId, region, endsUtc, epoch });
  }
  return { catchUps, pace: contracts.Pace.parse(services.policy) };
});
