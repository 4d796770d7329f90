import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { findVm } from './lookup';

async function assignmentsOf(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  findVm(request, context);
  return Promise.resolve({ status: 200, body: { value: [] } });
}

/** The maintenance configurations that are assigned to a VM itself (recording 50). The simulated Azure has none, as in its Resource Graph. */
export const maintenanceRoutes: readonly ArmRoute[] = [
  {
    name: 'armListConfigurationAssignments',
    route:
      'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/providers/Microsoft.Maintenance/configurationAssignments',
    methods: ['GET'],
    family: 'resources',
    role: 'reader',
    handler: assignmentsOf,
  },
];
