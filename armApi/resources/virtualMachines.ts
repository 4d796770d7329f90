import { takeListing } from '../../activities/takeListing';
import { wakeForInventory } from '../../activities/wake';
import { isDeepStrictEqual } from 'node:util';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { ArmError, invalidParameter } from '../http/armError';
import type { JsonObject } from '../http/json';
import { accepted, acceptedWith } from '../http/longRunning';
import { requestEnablement } from '../patching/enablement';
import { checkPatching } from '../patching/patchRules';
import { findVm, placeOfVm, vmIfAny } from './lookup';
import { checkChangesOfRunningVm } from './power';
import { requireProvider } from './registration';
import { shownModel } from './shownModel';
import { etagOf, hasEtag, vmBody } from './vmBody';
import { readVmChange, type VmChange } from './vmModel';
import { checkVmChange } from './vmRules';

const IN_GROUP =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines';
const ONE = `${IN_GROUP}/{vm}`;
const family = 'compute';

async function get(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const vm = findVm(request, context);
  const expanded = expandOf(request).includes('instanceview');
  const body = await vmBody(vm, context, { apiVersion: request.apiVersion, expanded });
  return expanded ? { status: 200, body } : withEtag({ status: 200, body }, vm, request);
}

const EXPANDED = ['instanceView', 'userData', 'resiliencyView'];

/** What is asked for beside the model. User data is a secret here, and is not kept. */
function expandOf(request: ArmRequest): readonly string[] {
  const wanted = (request.query('$expand') ?? '').toLowerCase().split(',');
  const known = EXPANDED.map((each) => each.toLowerCase());
  const other = wanted.map((each) => each.trim()).find((each) => each !== '' && !known.includes(each));
  if (other !== undefined)
    throw invalidParameter(
      `The value '${other.slice(0, 60)}' of '$expand' is not allowed. Allowed are ${EXPANDED.join(', ')}.`,
      '$expand',
    );
  return wanted.map((each) => each.trim());
}

/** Not with an instance view (03, 12). */
function withEtag(answer: ArmAnswer, vm: VmResource, { apiVersion }: ArmRequest): ArmAnswer {
  return hasEtag(apiVersion) ? { ...answer, headers: { etag: etagOf(vm), ...answer.headers } } : answer;
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
export async function carryOutVm(change: VmChange, context: ArmContext): Promise<VmResource> {
  await checkChangesOfRunningVm(change, context);
  const { before, model } = change;
  const after = await context.services.driver.resources.putVirtualMachine(model);
  await keepInventory(after, before, context);
  await requestEnablement(context, after, before);
  return after;
}

async function put(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const change = planVm(request, context);
  checkPrecondition(change, request);
  const after = await carryOutVm(change, context);
  const body = await vmBody(after, context, { apiVersion: request.apiVersion });
  const answer = withEtag({ status: change.before === null ? 201 : 200, body }, after, request);
  if (changesTagsOnly(change)) return answer;
  return acceptedWith(answer, request, context, {
    kind: 'vmPut',
    location: after.vm.region,
    resourceId: after.armId,
    data: { doneUtc: after.provisionedUtc },
  });
}

/** Who has read another version than there is may not change it. */
function checkPrecondition({ before }: VmChange, { header }: ArmRequest): void {
  const ifMatch = header('if-match');
  const ifNoneMatch = header('if-none-match');
  const current = before === null ? null : etagOf(before);
  const fits = (tags: string): boolean =>
    current !== null && tags.split(',').some((tag) => ['*', current].includes(tag.trim()));
  if ((ifMatch === null || fits(ifMatch)) && (ifNoneMatch === null || !fits(ifNoneMatch))) return;
  throw new ArmError(
    412,
    'PreconditionFailed',
    `The condition '${ifMatch ?? ifNoneMatch ?? ''}' specified using HTTP conditional header(s) is not met: the virtual machine's etag is ${current ?? 'not there, for it does not exist'}.`,
  );
}

/** Azure is done with those when it answers, and gives nothing to poll (12). */
function changesTagsOnly({ before, model }: VmChange): boolean {
  if (before === null) return false;
  const { tags: tagsBefore, ...was } = shownModel(before.model);
  const { tags: tagsNow, ...is } = shownModel(model);
  return (
    !isDeepStrictEqual(tagsBefore ?? {}, tagsNow ?? {}) && isDeepStrictEqual(comparable(was), comparable(is))
  );
}

/** What is not written is the same as what is undefined; ids, names and regions are the same in any case. */
function comparable(model: JsonObject): unknown {
  return JSON.parse(JSON.stringify({ ...model, id: '', name: '', type: '', location: '' }));
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
  await takeListing(services);
  await wakeForInventory(services);
}

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
    name: 'armGetVirtualMachine',
    route: ONE,
    methods: ['GET'],
    role: 'reader',
    family,
    quota: 'getVm',
    handler: get,
  },
  {
    name: 'armPutVirtualMachine',
    route: ONE,
    methods: ['PUT', 'PATCH'],
    role: 'operator',
    family,
    quota: 'putVm',
    handler: put,
  },
  {
    name: 'armDeleteVirtualMachine',
    route: ONE,
    methods: ['DELETE'],
    role: 'operator',
    family,
    quota: 'deleteVm',
    handler: remove,
  },
];
