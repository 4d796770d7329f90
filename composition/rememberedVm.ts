import type { Services } from '../activities/services';
import { keyOf, type VmId } from '../domain/ids';
import { inheritedVmState, VmState } from '../domain/vmState';

/** The state of an entity, by its key. */
export type ReadEntity = (
  key: string,
) => Promise<{ readonly entityExists: boolean; readonly entityState?: unknown }>;

/** What Lowtide remembers of a VM, also from before it was moved to the id that it has now. */
export async function rememberedVm(
  { inventory }: Pick<Services, 'inventory'>,
  id: VmId,
  readEntity: ReadEntity,
): Promise<VmState> {
  const formerIds = (await inventory.read(id))?.formerIds ?? [];
  const entities = await Promise.all([id, ...formerIds].map((one) => readEntity(keyOf(one))));
  return inheritedVmState(
    entities.flatMap(({ entityExists, entityState }) => (entityExists ? [VmState.parse(entityState)] : [])),
  );
}
