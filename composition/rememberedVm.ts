import type { Services } from '../activities/services';
import { keyOf, type VmId } from '../domain/ids';
import { inheritedVmState, newVmState, VmState, withAssessment } from '../domain/vmState';

/** The state of an entity, by its key. */
export type ReadEntity = (
  key: string,
) => Promise<{ readonly entityExists: boolean; readonly entityState?: unknown }>;

/** What Lowtide remembers of a VM, in its entity and of its assessments, also from before it was moved to the id that it has now. */
export async function rememberedVm(
  { inventory, patches }: Pick<Services, 'inventory' | 'patches'>,
  id: VmId,
  readEntity: ReadEntity,
): Promise<VmState> {
  const formerIds = (await inventory.read(id))?.formerIds ?? [];
  const states = [id, ...formerIds].map(async (one) => {
    const [{ entityExists, entityState }, kept] = await Promise.all([
      readEntity(keyOf(one)),
      patches.read(one),
    ]);
    const state = entityExists ? VmState.parse(entityState) : newVmState;
    return withAssessment(state, kept?.lastAssessment ?? null);
  });
  return inheritedVmState(await Promise.all(states));
}
