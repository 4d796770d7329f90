import { SETS_AT_ONCE_MAX } from '../planning/widths';
import * as contracts from './contracts';
import { activity } from './services';

export const readRegion = activity(contracts.readRegion, async (services, { rolloutId, phase, region }) => {
  const stages = await services.plans.stages(rolloutId, phase, region);
  const setCount = stages.reduce((sum, { sets }) => sum + sets.length, 0);
  // A message stays under 16 KB at any size: of many sets only their number is answered.
  const named = setCount <= SETS_AT_ONCE_MAX;
  return {
    stages: stages.map(({ stage, tracks, sets }) => ({
      stage,
      tracks,
      setCount: sets.length,
      sets: named ? sets : [],
    })),
  };
});
