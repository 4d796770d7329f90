import { EntityId } from 'durable-functions';
import { keyOf, type VmId } from '../../domain/ids';
import { newVmState, VmState } from '../../domain/vmState';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext, ArmRoute } from '../http/armRoute';
import type { JsonObject } from '../http/json';
import { instanceViewBody } from './instanceViewBody';
import { findVm } from './lookup';

/** VirtualMachineInstanceView in the shapes of the version: of GET …/instanceView, and of `$expand=instanceView`. */
export async function instanceViewOf(
  context: ArmContext,
  { id, model, provisioningState, provisionedUtc, createdUtc, isAgentNew }: VmResource,
  apiVersion: string,
): Promise<JsonObject> {
  const { services } = context;
  const reading = await services.driver.readVirtualMachine(id);
  // Deleted between two readings, or not created yet: there is nothing to see of it.
  if (reading === null) return { statuses: [] };
  const state = await vmStateOf(context, id);
  return instanceViewBody({
    model,
    provisioningState,
    provisionedUtc,
    createdUtc,
    isAgentNew,
    reading,
    state,
    apiVersion,
    nowUtc: services.nowUtc(),
  });
}

/** What Lowtide remembers of a VM. */
async function vmStateOf({ client }: ArmContext, id: VmId): Promise<VmState> {
  const entity = await client.readEntityState(new EntityId('virtualMachine', keyOf(id)));
  return entity.entityExists ? VmState.parse(entity.entityState) : newVmState;
}

/** the instance view by itself, without the envelope of a resource. */
export const instanceViewRoutes: readonly ArmRoute[] = [
  {
    name: 'armGetInstanceView',
    route:
      'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/instanceView',
    methods: ['GET'],
    role: 'reader',
    family: 'compute',
    quota: 'getVm',
    handler: async (request, context) => ({
      status: 200,
      body: await instanceViewOf(context, findVm(request, context), request.apiVersion),
    }),
  },
];
