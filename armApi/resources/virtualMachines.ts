import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { invalidParameter } from '../http/armError';
import { accepted, acceptedWith } from '../http/longRunning';
import { carryOutVm } from './carryOutVm';
import { changesTagsOnly } from './changesTagsOnly';
import { findVm, vmIfAny } from './lookup';
import { planVm } from './planVm';
import { vmBody } from './vmBody';
import { withEtag } from './vmEtag';

const IN_GROUP =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines';
const ONE = `${IN_GROUP}/{vm}`;
const family = 'compute';

async function get(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const vm = findVm(request, context);
  const expanded = expandOf(request).includes('instanceview');
  const body = await vmBody(vm, context, { apiVersion: request.apiVersion, expanded });
  // An answer with an instance view has none (03, 12).
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

async function put(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const change = planVm(request, context);
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
