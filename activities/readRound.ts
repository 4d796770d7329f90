import type { RolloutId } from '../domain/ids';
import type { RoundPlan } from '../store/plans';
import * as contracts from './contracts';
import { activity, type World } from './world';

export const readRound = activity(contracts.readRound, async (world, ref) => ({
  vmIds: (await roundOf(world, ref)).vmIds,
}));

export async function roundOf(
  world: World,
  ref: { rolloutId: RolloutId; phase: string; region: string; stage: string; group: string; round: number },
): Promise<RoundPlan> {
  const found = (await world.plans.rounds(ref.rolloutId, ref.phase, ref.region)).find(
    ({ stage, group, round }) => stage === ref.stage && group === ref.group && round === ref.round,
  );
  if (!found) throw new Error(`The plan of ${ref.rolloutId} has no round ${JSON.stringify(ref)}.`);
  return found;
}
