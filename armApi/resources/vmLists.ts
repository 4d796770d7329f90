import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import { invalidParameter } from '../http/armError';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { at } from '../http/json';
import { page } from '../http/paging';
import { findGroup, findVm } from './lookup';
import { vmBody } from './vmBody';

const IN_SUBSCRIPTION = 'subscriptions/{subscriptionId}/providers/Microsoft.Compute/virtualMachines';
const IN_LOCATION = 'subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}';
const IN_GROUP =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines';

function listInGroup(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  findGroup(request, context);
  const { subscriptionId, resourceGroup } = request;
  return list(request, context, vmsOf(context, { subscriptionId, resourceGroup }));
}

function listInSubscription(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  return list(request, context, vmsOf(context, request));
}

function listInLocation(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const location = locationOf(request);
  const vms = vmsOf(context, request).filter(({ vm }) => vm.region === location);
  return list(request, context, vms);
}

function vmsOf(
  { services }: ArmContext,
  {
    subscriptionId,
    resourceGroup = '',
  }: { readonly subscriptionId: string; readonly resourceGroup?: string },
): readonly VmResource[] {
  return services.driver.resources.virtualMachines(
    resourceGroup === '' ? { subscriptionId } : { subscriptionId, resourceGroup },
  );
}

function list(request: ArmRequest, context: ArmContext, vms: readonly VmResource[]): Promise<ArmAnswer> {
  const scaleSet = scaleSetOf(request);
  const expanded = wantsInstanceView(request);
  const { apiVersion } = request;
  const groupInCapitals = request.resourceGroup === '' || scaleSet !== null;
  return page(
    request,
    scaleSet === null ? vms : vms.filter((vm) => isOf(vm, scaleSet)),
    ({ id }) => id,
    (vm) => vmBody(vm, context, { apiVersion, expanded, groupInCapitals }),
  );
}

/** An option that is there and empty says nothing. */
function optionOf(request: ArmRequest, name: string): string | null {
  const written = request.query(name)?.trim() ?? '';
  return written === '' ? null : written;
}

/** `Get-AzVM -Status` asks for `statusOnly=true`; the SDKs for `$expand=instanceView`, which Azure takes with another option only. */
function wantsInstanceView(request: ArmRequest): boolean {
  const expand = optionOf(request, '$expand');
  if (expand !== null && expand.toLowerCase() !== 'instanceview')
    throw invalidParameter(
      `The value '${expand.slice(0, 60)}' of '$expand' is not allowed. Allowed is instanceView.`,
      '$expand',
    );
  const statusOnly = isTrue(request, 'statusOnly');
  const isLimited = optionOf(request, '$filter') !== null || isTrue(request, 'useResourceGraph');
  if (expand !== null && !isLimited && !statusOnly)
    throw invalidParameter(
      "'$expand' of a list needs a '$filter' for one scale set, or useResourceGraph=true. The power of every VM: statusOnly=true.",
      '$expand',
    );
  return expand !== null || statusOnly;
}

function isTrue(request: ArmRequest, name: string): boolean {
  const written = optionOf(request, name)?.toLowerCase() ?? 'false';
  if (written !== 'true' && written !== 'false')
    throw invalidParameter(`The value '${written.slice(0, 60)}' of '${name}' is not a boolean.`, name);
  return written === 'true';
}

const FILTER = /^\s*'?(?:properties\/)?virtualMachineScaleSet\/id'?\s+eq\s+'?(\/[^']+?)'?\s*$/i;

/** The only filter there is: the VMs of one scale set. */
function scaleSetOf(request: ArmRequest): string | null {
  const filter = optionOf(request, '$filter');
  if (filter === null) return null;
  const id = FILTER.exec(filter)?.[1];
  if (id !== undefined) return id.toLowerCase();
  throw invalidParameter(
    `The filter '${filter.slice(0, 100)}' is not allowed. Allowed is 'virtualMachineScaleSet/id' eq '/subscriptions/…/virtualMachineScaleSets/{name}'.`,
    '$filter',
  );
}

function isOf({ model }: VmResource, scaleSet: string): boolean {
  const id = at(model, 'properties', 'virtualMachineScaleSet', 'id');
  return typeof id === 'string' && id.toLowerCase() === scaleSet;
}

function locationOf({ name }: ArmRequest): string {
  return name('location').toLowerCase().replaceAll(' ', '');
}

/** Name, cores, memory and temporary disk in MB, data disks: the sizes that the documentation of Azure gives. */
const SIZES: readonly (readonly [string, number, number, number, number])[] = [
  ['Standard_B2s', 2, 4096, 8192, 4],
  ['Standard_B2ms', 2, 8192, 16_384, 4],
  ['Standard_DS1_v2', 1, 3584, 7168, 4],
  ['Standard_DS2_v2', 2, 7168, 14_336, 8],
  ['Standard_D2s_v3', 2, 8192, 16_384, 4],
  ['Standard_D4s_v3', 4, 16_384, 32_768, 8],
  ['Standard_D8s_v3', 8, 32_768, 65_536, 16],
  ['Standard_E2s_v3', 2, 16_384, 32_768, 4],
  ['Standard_E4s_v3', 4, 32_768, 65_536, 8],
  ['Standard_F2s_v2', 2, 4096, 16_384, 4],
];

function sizes(): ArmAnswer {
  const value = SIZES.map(([name, numberOfCores, memoryInMB, resourceDiskSizeInMB, maxDataDiskCount]) => ({
    name,
    numberOfCores,
    osDiskSizeInMB: 1_047_552,
    resourceDiskSizeInMB,
    memoryInMB,
    maxDataDiskCount,
  }));
  return { status: 200, body: { value } };
}

function sizesOfVm(request: ArmRequest, context: ArmContext): ArmAnswer {
  findVm(request, context);
  return sizes();
}

type Listed = readonly [name: string, route: string, handler: ArmRoute['handler']];

const LISTS: readonly Listed[] = [
  ['armListVirtualMachines', IN_SUBSCRIPTION, listInSubscription],
  ['armListVirtualMachinesInGroup', IN_GROUP, listInGroup],
  ['armListVirtualMachinesInLocation', `${IN_LOCATION}/virtualMachines`, listInLocation],
  ['armListVirtualMachineSizes', `${IN_GROUP}/{vm}/vmSizes`, sizesOfVm],
  ['armListVirtualMachineSizesInLocation', `${IN_LOCATION}/vmSizes`, sizes],
];

export const vmListRoutes: readonly ArmRoute[] = LISTS.map(([name, route, handler]) => ({
  name,
  route,
  methods: ['GET'],
  role: 'reader',
  family: 'compute',
  quota: 'listVms',
  handler,
}));
