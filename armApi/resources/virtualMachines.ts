import { refreshInventory } from '../../activities/refreshInventory';
import { wakeForInventory } from '../../activities/wake';
import { VmId } from '../../domain/ids';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { accepted, acceptedWith, type OperationKind } from '../http/longRunning';
import { page } from '../http/paging';
import { untilDone } from '../http/untilDone';
import { requestEnablement } from '../patching/enablement';
import { checkPatching } from '../patching/patchRules';
import { findGroup, findVm, placeOfVm, vmIfAny } from './lookup';
import { requireProvider } from './registration';
import { vmBody } from './vmBody';
import { readVmChange, type VmChange } from './vmModel';
import { checkVmChange } from './vmRules';

const IN_SUBSCRIPTION = 'subscriptions/{subscriptionId}/providers/Microsoft.Compute/virtualMachines';
const IN_GROUP =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines';
const ONE = `${IN_GROUP}/{vm}`;
const family = 'compute';

async function get(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const vm = findVm(request, context);
  const expanded = (request.query('$expand') ?? '').toLowerCase().split(',').includes('instanceview');
  return { status: 200, body: await vmBody(vm, context, request.apiVersion, expanded) };
}

function listInGroup(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  findGroup(request, context);
  const { subscriptionId, resourceGroup } = request;
  return list(request, context, { subscriptionId, resourceGroup });
}

function listInSubscription(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  return list(request, context, { subscriptionId: request.subscriptionId });
}

function list(
  request: ArmRequest,
  context: ArmContext,
  scope: { readonly subscriptionId: string; readonly resourceGroup?: string },
): Promise<ArmAnswer> {
  const vms = context.services.driver.resources.virtualMachines(scope);
  return page(
    request,
    vms,
    ({ id }) => id,
    (vm) => vmBody(vm, context, request.apiVersion, false),
  );
}

/** Understands and checks a PUT or PATCH of a VM, and does nothing of it yet. */
export function planVm(request: ArmRequest, context: ArmContext): VmChange {
  const place = placeOfVm(request, context);
  requireProvider(request, context);
  const change = readVmChange(request, place);
  checkVmChange(change, request, context);
  checkPatching(change, request, context);
  return change;
}

/** Carries it out: the VM is there from now on, and provisioned some minutes later. */
export async function carryOutVm({ before, model }: VmChange, context: ArmContext): Promise<VmResource> {
  const after = await context.services.driver.resources.putVirtualMachine(model);
  await keepInventory(after, before, context);
  await requestEnablement(context, after, before);
  return after;
}

async function put(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const change = planVm(request, context);
  const after = await carryOutVm(change, context);
  const body = await vmBody(after, context, request.apiVersion, false);
  return acceptedWith({ status: change.before === null ? 201 : 200, body }, request, context, {
    kind: 'vmPut',
    location: after.vm.region,
    resourceId: after.armId,
    data: { doneUtc: after.provisionedUtc },
  });
}

/** A new VM changes more than its own row: its set has grown, and its assessments have to be scheduled. */
async function keepInventory(
  { vm }: VmResource,
  before: VmResource | null,
  { services }: ArmContext,
): Promise<void> {
  if (before !== null) {
    await services.inventory.save(vm);
    return;
  }
  await refreshInventory(services);
  await wakeForInventory(services);
}

/** What becomes of a PUT or PATCH: the VM as it is then. */
export const vmChange: OperationKind = untilDone(async ({ resourceId, apiVersion }, context) => {
  const vm = context.services.driver.resources.virtualMachine(VmId.parse(resourceId));
  return vm === null ? undefined : vmBody(vm, context, apiVersion, false);
});

async function remove(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const vm = vmIfAny(request, context);
  if (vm === null) return { status: 204 };
  const doneUtc =
    vm.provisioningState === 'Deleting'
      ? vm.provisionedUtc
      : await context.services.driver.resources.deleteVirtualMachine(vm.id);
  if (doneUtc === null) return { status: 204 };
  return accepted(request, context, {
    kind: 'vmDelete',
    location: vm.vm.region,
    resourceId: vm.armId,
    data: { doneUtc },
  });
}

export const virtualMachineRoutes: readonly ArmRoute[] = [
  {
    name: 'armListVirtualMachines',
    route: IN_SUBSCRIPTION,
    methods: ['GET'],
    family,
    handler: listInSubscription,
  },
  {
    name: 'armListVirtualMachinesInGroup',
    route: IN_GROUP,
    methods: ['GET'],
    family,
    handler: listInGroup,
  },
  { name: 'armGetVirtualMachine', route: ONE, methods: ['GET'], family, handler: get },
  { name: 'armPutVirtualMachine', route: ONE, methods: ['PUT', 'PATCH'], family, handler: put },
  { name: 'armDeleteVirtualMachine', route: ONE, methods: ['DELETE'], family, handler: remove },
];
