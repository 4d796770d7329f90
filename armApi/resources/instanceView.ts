import * as df from 'durable-functions';
import { keyOf, type VmId } from '../../domain/ids';
import { newVmState, VmState } from '../../domain/vmState';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext } from '../http/armRoute';
import { buildInstanceView } from './buildInstanceView';
import type { JsonObject } from '../http/requestBody';

/** VirtualMachineInstanceView in the shapes of the version: of GET …/instanceView, and of `$expand=instanceView`. */
export async function instanceViewOf(
  context: ArmContext,
  { id, model, provisioningState }: VmResource,
  apiVersion: string,
): Promise<JsonObject> {
  const { services } = context;
  const reading = await services.driver.readVirtualMachine(id);
  // Deleted between two looks, or not born yet: there is nothing to see of it.
  if (reading === null) return { statuses: [] };
  const state = await vmStateOf(context, id);
  return buildInstanceView({
    model,
    provisioningState,
    reading,
    state,
    apiVersion,
    nowUtc: services.nowUtc(),
  });
}

/** What Lowtide remembers of a VM. */
export async function vmStateOf({ client }: ArmContext, id: VmId): Promise<VmState> {
  const entity = await client.readEntityState(new df.EntityId('virtualMachine', keyOf(id)));
  return entity.entityExists ? VmState.parse(entity.entityState) : newVmState;
}
