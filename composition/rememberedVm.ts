import { EntityId, type DurableClient } from 'durable-functions';
import type { Services } from '../activities/services';
import { keyOf, type VmId } from '../domain/ids';
import { inheritedVmState, VmState } from '../domain/vmState';

/** What Lowtide remembers of a VM, also from before it was moved to the id that it has now. */
export async function rememberedVm(
  { inventory }: Pick<Services, 'inventory'>,
  client: Pick<DurableClient, 'readEntityState'>,
  id: VmId,
): Promise<VmState> {
  const formerIds = (await inventory.read(id))?.formerIds ?? [];
  const states = await Promise.all(
    [id, ...formerIds].map(async (one) => {
      const entity = await client.readEntityState(new EntityId('virtualMachine', keyOf(one)));
      return entity.entityExists ? [VmState.parse(entity.entityState)] : [];
    }),
  );
  return inheritedVmState(states.flat());
}
