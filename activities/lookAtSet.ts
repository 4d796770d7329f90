import { roomInSet, type Disruption } from '../domain/disruption';
import * as contracts from './contracts';
import { roundOf } from './round/roundOf';
import { activity, type Services } from './services';
import { membersDown } from './round/setMembers';

export const lookAtSet = activity(contracts.lookAtSet, async (services, input) => ({
  disruption: await leftOfSet(services, input),
}));

/** Members of a set that are down by themselves use up its share: what the claim of a round covers is less by them. */
export async function leftOfSet(
  services: Services,
  { ref, disruption }: { readonly ref: contracts.RoundRef; readonly disruption: Disruption },
): Promise<Disruption> {
  const { availabilitySetId } = disruption;
  if (availabilitySetId === null) return disruption;
  const { vmIds, setSize } = await roundOf(services, ref);
  const down = await membersDown(services, availabilitySetId, new Set());
  const up = vmIds.filter((id) => !down.has(id)).length;
  const room = roomInSet(setSize, down.size, services.policy);
  return { ...disruption, count: Math.max(1, Math.min(up, room)), downCount: down.size };
}
