import { EntityId } from 'durable-functions';
import { rememberedVm } from '../../composition/rememberedVm';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext, ArmRoute } from '../http/armRoute';
import type { JsonObject } from '../http/json';
import { asReported } from '../patching/closingAssessment';
import { instanceViewBody } from './instanceViewBody';
import { findVm } from './lookup';

/** VirtualMachineInstanceView in the shapes of the version: of GET …/instanceView, and of `$expand=instanceView`. */
export async function instanceViewOf(
  context: ArmContext,
  { id, model, provisioningState, provisionedUtc, createdUtc, isAgentNew }: VmResource,
  apiVersion: string,
): Promise<JsonObject> {
  const { services, client } = context;
  const read = await services.driver.readVirtualMachine(id);
  // Deleted between two readings, or not created yet: there is nothing to see of it.
  if (read === null) return { statuses: [] };
  const state = await rememberedVm(services, id, (key) =>
    client.readEntityState(new EntityId('virtualMachine', key)),
  );
  const last = read.lastInstallation;
  const lastInstallation = last === null ? null : asReported(context, id, last);
  return instanceViewBody({
    model,
    provisioningState,
    provisionedUtc,
    createdUtc,
    isAgentNew,
    reading: { ...read, lastInstallation },
    state,
    apiVersion,
    nowUtc: services.nowUtc(),
  });
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
