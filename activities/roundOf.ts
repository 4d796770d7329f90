import type { RolloutId } from '../domain/ids';
import type { PhaseId } from '../domain/phaseId';
import type { RoundPlan } from '../store/plans';
import type { Services } from './services';

/** The row of a round in the plan. */
export async function roundOf(
  services: Services,
  ref: { rolloutId: RolloutId; phase: PhaseId; region: string; stage: string; group: string; round: number },
): Promise<RoundPlan> {
  const found = (await services.plans.rounds(ref.rolloutId, ref.phase, ref.region)).find(
    ({ stage, group, round }) => stage === ref.stage && group === ref.group && round === ref.round,
  );
  if (!found) throw new Error(`The plan of ${ref.rolloutId} has no round ${JSON.stringify(ref)}.`);
  return found;
}
