import { roomInSet } from '../domain/disruption';
import * as contracts from './contracts';
import { roundOf } from './roundOf';
import { activity } from './services';
import { membersDown } from './setMembers';

export const lookAtSet = activity(contracts.lookAtSet, async (services, { ref, disruption }) => {
  const { availabilitySetId } = disruption;
  if (availabilitySetId === null) return { disruption };
  const { vmIds, setSize } = await roundOf(services, ref);
  const down = await membersDown(services, availabilitySetId, new Set());
  const up = vmIds.filter((id) => !down.has(id)).length;
  const room = roomInSet(setSize, down.size, services.policy);
  return { disruption: { ...disruption, count: Math.max(1, Math.min(up, room)), downCount: down.size } };
});
