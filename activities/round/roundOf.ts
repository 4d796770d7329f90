import type { RolloutId } from '../../domain/ids';
import type { RoundKey, RoundPlan } from '../../store/plans';
import type { Services } from '../services';

/** The row of a round in the plan. */
export async function roundOf(
  services: Services,
  ref: RoundKey & { readonly rolloutId: RolloutId },
): Promise<RoundPlan> {
  const found = await services.plans.readRound(ref.rolloutId, ref);
  if (!found) throw new Error(`The plan of ${ref.rolloutId} has no round ${JSON.stringify(ref)}.`);
  return found;
}
