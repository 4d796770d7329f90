import type { RolloutId } from '../domain/ids';
import type { PhaseId } from '../domain/phaseId';
import { COHORTS_MAX, setsAtOnce } from '../planning/widths';
import * as contracts from './contracts';
import { activity, type Services } from './services';

export const readRegion = activity(contracts.readRegion, async (services, where) => ({
  stages: await stagesOf(services, where),
}));

interface RegionOfPhase {
  readonly rolloutId: RolloutId;
  readonly phase: PhaseId;
  readonly region: string;
}

export async function stagesOf(
  services: Services,
  { rolloutId, phase, region }: RegionOfPhase,
): Promise<contracts.RegionStages> {
  const stages = await services.plans.stages(rolloutId, phase, region);
  const setCount = stages.reduce((sum, { sets }) => sum + sets.length, 0);
  // A message stays under 16 KB at any size: of many sets only their number is answered.
  const named = setCount <= setsAtOnce(COHORTS_MAX);
  return stages.map(({ stage, tracks, sets }) => ({
    stage,
    tracks: [...tracks],
    setCount: sets.length,
    sets: named ? [...sets] : [],
  }));
}
