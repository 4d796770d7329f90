import { armRoute } from '../http/armRoute';
import { invalidParameter, resourceNotFound } from '../http/armError';
import { accepted, operationKind } from '../http/longRunning';
import { findSettledVm, VM_TYPE } from './lookup';
import { untilDone } from '../http/untilDone';

const ONE =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}';

const ACTIONS = [
  ['armStartVirtualMachine', 'start'],
  ['armPowerOffVirtualMachine', 'powerOff'],
  ['armDeallocateVirtualMachine', 'deallocate'],
  ['armRestartVirtualMachine', 'restart'],
] as const;

/** How long a VM takes to be switched, in seconds of the pocket Azure. */
const SWITCH_SECONDS = { start: 40, powerOff: 30, deallocate: 60, restart: 120 } as const;

operationKind('vmPower', untilDone());

for (const [name, action] of ACTIONS)
  armRoute(
    { name, route: `${ONE}/${action}`, methods: ['POST'], family: 'compute' },
    async (request, context) => {
      const { id, vm, armId } = findSettledVm(request, context);
      const skip = request.query('skipShutdown');
      if (skip !== null && !/^(true|false)$/i.test(skip))
        throw invalidParameter(`The value '${skip}' is not a boolean.`, 'skipShutdown');
      const { services } = context;
      if (!(await services.driver.power(id, action)))
        throw resourceNotFound(VM_TYPE, request.name('vm'), request.resourceGroup);
      const doneMs = Date.parse(services.nowUtc()) + SWITCH_SECONDS[action] * 1000;
      return accepted(request, context, {
        kind: 'vmPower',
        location: vm.region,
        resourceId: armId,
        data: { doneUtc: new Date(doneMs).toISOString() },
      });
    },
  );
