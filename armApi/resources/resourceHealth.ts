import type { HealthSignals } from '../../domain/health';
import { resourceNotFound } from '../http/armError';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { armTime } from '../http/armTime';
import { findVm, VM_TYPE } from './lookup';

type Availability = 'Available' | 'Unavailable' | 'Degraded' | 'Unknown';

const STATES: Readonly<Record<HealthSignals['resourceHealth'], Availability>> = {
  available: 'Available',
  unavailable: 'Unavailable',
  degraded: 'Degraded',
  unknown: 'Unknown',
  notDeclared: 'Unknown',
};

const SUMMARIES: Readonly<Record<Availability, string>> = {
  Available: "There aren't any known Azure platform problems affecting this virtual machine.",
  Unavailable: 'The virtual machine is unavailable.',
  Degraded: 'The virtual machine is degraded.',
  Unknown: 'Nothing has been heard of this virtual machine for ten minutes.',
};

async function currentStatus(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const { id, armId, vm } = findVm(request, context);
  const reading = await context.services.driver.readVirtualMachine(id);
  if (reading === null) throw resourceNotFound(VM_TYPE, vm.name, request.resourceGroup);
  const availabilityState = STATES[reading.signals.resourceHealth];
  const nowUtc = armTime(context.services.nowUtc());
  return {
    status: 200,
    body: {
      id: `${armId}/providers/Microsoft.ResourceHealth/availabilityStatuses/current`,
      name: 'current',
      type: 'Microsoft.ResourceHealth/AvailabilityStatuses',
      location: vm.region,
      properties: {
        availabilityState,
        summary: SUMMARIES[availabilityState],
        reasonType: '',
        occuredTime: nowUtc,
        reasonChronicity: 'Persistent',
        reportedTime: nowUtc,
      },
    },
  };
}

/** What Azure Resource Health says of a VM now. No recording has one: the shape is that of the SDK's models (docs/azure.md). */
export const resourceHealthRoutes: readonly ArmRoute[] = [
  {
    name: 'armGetAvailabilityStatus',
    route:
      'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/providers/Microsoft.ResourceHealth/availabilityStatuses/current',
    methods: ['GET'],
    family: 'resources',
    role: 'reader',
    handler: currentStatus,
  },
];
