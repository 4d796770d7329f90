import type { VmId } from '../../domain/ids';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { invalidParameter, operationNotAllowed, resourceNotFound } from '../http/armError';
import { at, type JsonObject } from '../http/json';
import { accepted } from '../http/longRunning';
import { findProvisionedVm, VM_TYPE } from './lookup';
import type { VmChange } from './vmModel';

const ONE =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}';

type PowerAction = 'start' | 'powerOff' | 'deallocate' | 'restart' | 'redeploy' | 'reapply';

/** How long a VM takes to be switched, in seconds of the simulated Azure. */
const SWITCH_SECONDS: Readonly<Record<PowerAction, number>> = {
  start: 40,
  powerOff: 30,
  deallocate: 60,
  restart: 120,
  redeploy: 180,
  reapply: 20,
};

async function switchPower(
  action: PowerAction,
  request: ArmRequest,
  context: ArmContext,
): Promise<ArmAnswer> {
  const { id, vm, armId } = findProvisionedVm(request, context);
  const skip = request.query('skipShutdown');
  if (skip !== null && !/^(true|false)$/i.test(skip))
    throw invalidParameter(`The value '${skip}' is not a boolean.`, 'skipShutdown');
  const { services } = context;
  if (!(await switched(services.driver, id, action)))
    throw resourceNotFound(VM_TYPE, request.name('vm'), request.resourceGroup);
  const doneMs = Date.parse(services.nowUtc()) + SWITCH_SECONDS[action] * 1000;
  return accepted(request, context, {
    kind: 'vmPower',
    location: vm.region,
    resourceId: armId,
    data: { doneUtc: new Date(doneMs).toISOString() },
  });
}

/** A VM that is redeployed starts again on another host; to reapply its state changes nothing that can be seen of it. */
async function switched(
  driver: ArmContext['services']['driver'],
  id: VmId,
  action: PowerAction,
): Promise<boolean> {
  if (action === 'reapply') return (await driver.readVirtualMachine(id)) !== null;
  return driver.power(id, action === 'redeploy' ? 'restart' : action);
}

/** What changes only while a VM is off (61, 70). */
export async function checkChangesOfRunningVm(
  { before, model }: VmChange,
  { services }: ArmContext,
): Promise<void> {
  if (before === null) return;
  const placeOf = (of: JsonObject): string => {
    const id = at(of, 'properties', 'proximityPlacementGroup', 'id');
    return typeof id === 'string' ? id.toLowerCase() : '';
  };
  if (placeOf(model) === placeOf(before.model)) return;
  const reading = await services.driver.readVirtualMachine(before.id);
  if (reading?.powerState === 'running')
    throw operationNotAllowed(
      `Updating proximity placement group of VM ${before.vm.name} is not allowed while the VM is running. Please stop/deallocate the VM and retry the operation.`,
    );
}

function powerRoute(name: string, action: PowerAction): ArmRoute {
  return {
    name,
    route: `${ONE}/${action}`,
    methods: ['POST'],
    role: 'operator',
    family: 'compute',
    quota: action === 'deallocate' ? 'deleteVm' : 'updateVm',
    handler: (request, context) => switchPower(action, request, context),
  };
}

export const powerRoutes: readonly ArmRoute[] = [
  powerRoute('armStartVirtualMachine', 'start'),
  powerRoute('armPowerOffVirtualMachine', 'powerOff'),
  powerRoute('armDeallocateVirtualMachine', 'deallocate'),
  powerRoute('armRestartVirtualMachine', 'restart'),
  powerRoute('armRedeployVirtualMachine', 'redeploy'),
  powerRoute('armReapplyVirtualMachine', 'reapply'),
];
