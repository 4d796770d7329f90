import { z } from 'zod';
import { refreshInventory } from '../../activities/refreshInventory';
import { VmId } from '../../domain/ids';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import { armRoute, type ArmAnswer, type ArmContext, type ArmRequest } from '../http/armRoute';
import { operationNotAllowed } from '../http/armError';
import { requestEnablement } from '../patching/enablement';
import { checkResourceName, locationOf, Tags } from '../http/envelope';
import { instanceViewOf } from './instanceView';
import { accepted, acceptedWith, operationKind } from '../http/longRunning';
import { findGroup, findVm, VM_TYPE, vmArmId } from './lookup';
import { requireProvider } from '../patching/optIn';
import { page } from '../http/paging';
import { patchExtensionResources } from '../patching/patchExtension';
import { checkPatchMembers, inVersion } from '../patching/patchSettings';
import { isObject, objectBody, type JsonObject } from '../http/requestBody';
import { untilDone } from '../http/untilDone';
import { mergedModel, readModel, withDefaults, withoutSecrets } from './vmModel';
import { checkVmChange } from './vmRules';

const IN_SUBSCRIPTION = 'subscriptions/{subscriptionId}/providers/Microsoft.Compute/virtualMachines';
const IN_GROUP =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines';
const ONE = `${IN_GROUP}/{vm}`;
const family = 'compute';

armRoute({ name: 'armGetVirtualMachine', route: ONE, methods: ['GET'], family }, async (request, context) => {
  const vm = findVm(request, context);
  const expanded = (request.query('$expand') ?? '').toLowerCase().split(',').includes('instanceview');
  return { status: 200, body: await vmBody(vm, context, request.apiVersion, expanded) };
});

armRoute(
  { name: 'armListVirtualMachinesInGroup', route: IN_GROUP, methods: ['GET'], family },
  (request, context) => {
    findGroup(request, context);
    const { subscriptionId, resourceGroup } = request;
    return list(request, context, { subscriptionId, resourceGroup });
  },
);

armRoute(
  { name: 'armListVirtualMachines', route: IN_SUBSCRIPTION, methods: ['GET'], family },
  (request, context) => list(request, context, { subscriptionId: request.subscriptionId }),
);

async function list(
  request: ArmRequest,
  context: ArmContext,
  scope: { readonly subscriptionId: string; readonly resourceGroup?: string },
): Promise<ArmAnswer> {
  const vms = context.services.driver.resources.virtualMachines(scope);
  const answer = page(
    request,
    vms,
    ({ id }) => id,
    (vm) => vmBody(vm, context, request.apiVersion, false),
  );
  const { value, ...rest } = answer.body as { readonly value: readonly Promise<JsonObject>[] };
  return { ...answer, body: { value: await Promise.all(value), ...rest } };
}

/** The resource as it is shown: in the shapes of the version, without secrets, with what Azure adds. */
async function vmBody(
  vm: VmResource,
  context: ArmContext,
  apiVersion: string,
  expanded: boolean,
): Promise<JsonObject> {
  const shown = inVersion(withoutSecrets(vm.model) as JsonObject, apiVersion);
  const { properties, ...envelope } = shown;
  const reading = vm.vm.enabled ? await context.services.driver.readVirtualMachine(vm.id) : null;
  const resources = reading === null ? [] : patchExtensionResources(reading);
  return {
    ...envelope,
    id: vm.armId,
    name: vm.vm.name,
    type: VM_TYPE,
    location: vm.vm.region,
    ...(resources.length > 0 && { resources }),
    properties: {
      ...(isObject(properties) && properties),
      vmId: vm.vmId,
      provisioningState: vm.provisioningState,
      ...(expanded && { instanceView: await instanceViewOf(context, vm, apiVersion) }),
    },
  };
}

const VmBody = z.looseObject({
  location: z.string().nullish(),
  tags: Tags,
  zones: z.array(z.string()).nullish(),
  properties: z
    .looseObject({
      hardwareProfile: z.looseObject({ vmSize: z.string().nullish() }).nullish(),
      storageProfile: z.looseObject({}).nullish(),
      osProfile: z.looseObject({}).nullish(),
      availabilitySet: z.looseObject({ id: z.string() }).nullish(),
    })
    .nullish(),
});

/** What a PUT or PATCH would make of a VM. */
interface VmPlan {
  readonly before: VmResource | null;
  readonly complete: JsonObject;
}

/** Checks a PUT or PATCH of a VM, and does nothing of it yet. */
export function planVm(request: ArmRequest, context: ArmContext): VmPlan {
  const group = findGroup(request, context);
  if (group.provisioningState === 'Deleting')
    throw operationNotAllowed(`The resource group '${group.name}' is being deleted.`);
  requireProvider(request, context);
  const before = request.method === 'PATCH' ? findVm(request, context) : existing(request, context);
  if (before?.provisioningState === 'Deleting')
    throw operationNotAllowed(`The virtual machine '${before.vm.name}' is being deleted.`);
  const sent = VmBody.parse(objectBody(request));
  if (before === null) {
    checkResourceName(request.name('vm'), 'vmName');
    locationOf(sent.location);
  } else if (typeof sent.location === 'string') locationOf(sent.location);
  checkPatchMembers(sent, request.apiVersion);
  const armId = before?.armId ?? `${group.armId}/providers/${VM_TYPE}/${request.name('vm')}`;
  const method = request.method === 'PATCH' ? 'PATCH' : 'PUT';
  const model = mergedModel(armId, before?.model ?? null, sent, method);
  const vm = readModel(model);
  const mode = checkVmChange({ sent, model, vm, before }, request, context);
  return { before, complete: withDefaults(model, vm, mode) };
}

/** Carries it out: the VM is there from now on, and settled some minutes later. */
export async function carryOutVm({ before, complete }: VmPlan, context: ArmContext): Promise<VmResource> {
  const after = await context.services.driver.resources.putVirtualMachine(complete);
  await keepInventory(after, before, context);
  await requestEnablement(context, after, before);
  return after;
}

armRoute(
  { name: 'armPutVirtualMachine', route: ONE, methods: ['PUT', 'PATCH'], family },
  async (request, context) => {
    const plan = planVm(request, context);
    const after = await carryOutVm(plan, context);
    const body = await vmBody(after, context, request.apiVersion, false);
    return acceptedWith({ status: plan.before === null ? 201 : 200, body }, request, context, {
      kind: 'vmPut',
      location: after.vm.region,
      resourceId: after.armId,
      data: { doneUtc: after.settledUtc },
    });
  },
);

function existing(request: ArmRequest, { services }: ArmContext): VmResource | null {
  const id = VmId.safeParse(vmArmId(request));
  return id.success ? services.driver.resources.virtualMachine(id.data) : null;
}

/** A new VM changes more than its own row: its set has grown, and its assessments have to be scheduled. */
async function keepInventory(
  { vm }: VmResource,
  before: VmResource | null,
  { services }: ArmContext,
): Promise<void> {
  if (before === null) await refreshInventory(services);
  else await services.inventory.save(vm);
}

operationKind(
  'vmPut',
  untilDone(async ({ resourceId, apiVersion }, context) => {
    const vm = context.services.driver.resources.virtualMachine(VmId.parse(resourceId));
    return vm === null ? undefined : vmBody(vm, context, apiVersion, false);
  }),
);

operationKind('vmDelete', untilDone());

armRoute(
  { name: 'armDeleteVirtualMachine', route: ONE, methods: ['DELETE'], family },
  async (request, context) => {
    const vm = existing(request, context);
    if (vm === null) return { status: 204 };
    const doneUtc =
      vm.provisioningState === 'Deleting'
        ? vm.settledUtc
        : await context.services.driver.resources.deleteVirtualMachine(vm.id);
    if (doneUtc === null) return { status: 204 };
    return accepted(request, context, {
      kind: 'vmDelete',
      location: vm.vm.region,
      resourceId: vm.armId,
      data: { doneUtc },
    });
  },
);
