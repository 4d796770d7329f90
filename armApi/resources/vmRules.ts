import { AvailabilitySetId, isScaleSet } from '../../domain/ids';
import { isWindowsTimeZone } from '../../domain/timeZone';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext, ArmRequest } from '../http/armRoute';
import { ArmError, invalidParameter, propertyChangeNotAllowed, resourceNotFound } from '../http/armError';
import { isObject } from '../../domain/isObject';
import { at, type JsonObject } from '../http/json';
import type { VmChange } from './vmModel';

/** What can be wrong with a VM apart from its patching, in the order in which Azure would say it. */
export function checkVmChange(change: VmChange, request: ArmRequest, context: ArmContext): void {
  if (change.before === null) checkNew(change, request, context);
  else checkKept(change, change.before, request);
  checkTimeZone(change);
  checkConfiguration(change);
  if (change.before === null) checkAdminUsername(change.model);
}

function checkNew({ model, vm }: VmChange, request: ArmRequest, { services }: ArmContext): void {
  if (!isObject(at(model, 'properties', 'storageProfile')))
    throw invalidParameter("Required parameter 'storageProfile' is missing (null).", 'storageProfile');
  checkComputerName(model, vm.osType);
  const zones = at(model, 'zones');
  if (zones !== undefined && !(Array.isArray(zones) && zones.length <= 1))
    throw invalidParameter('A virtual machine can be in one availability zone only.', 'zones');
  if (vm.zone !== null && !/^[1-9]$/.test(vm.zone))
    throw invalidParameter(`The zone '${vm.zone}' is invalid. Zones are "1", "2", "3".`, 'zones');
  const { availabilitySetId } = vm;
  if (availabilitySetId === null) return;
  // Scale sets are not made here: one is there when a VM names it.
  if (isScaleSet(availabilitySetId)) return;
  if (vm.zone !== null)
    throw invalidParameter(
      "The properties 'availabilitySet' and 'zones' cannot be specified together.",
      'availabilitySet',
    );
  const set = services.driver.resources.availabilitySet(availabilitySetId);
  if (set === null)
    throw resourceNotFound(
      'Microsoft.Compute/availabilitySets',
      availabilitySetId.split('/').at(-1) ?? '',
      request.resourceGroup,
    );
  const home = set.model['location'];
  if (typeof home === 'string' && home.toLowerCase() !== vm.region)
    throw invalidParameter(
      `The availability set is in '${home}', and the virtual machine would be in '${vm.region}'.`,
      'availabilitySet.id',
    );
}

/** A VM that is made from an image has an administrator (77). */
function checkAdminUsername(model: JsonObject): void {
  const profile = at(model, 'properties', 'osProfile');
  const from = at(model, 'properties', 'storageProfile', 'osDisk', 'createOption');
  if (!isObject(profile) || from === 'Attach') return;
  const name = profile['adminUsername'];
  if (typeof name !== 'string' || name === '')
    throw invalidParameter("Required parameter 'adminUsername' is missing (null).", 'adminUsername');
}

/** NetBIOS: what Windows allows as the name of a computer. Linux allows 64 characters. */
const WINDOWS_NAME = /^(?!\d+$)[^`~!@#$%^&*()=+_[\]{}\\|;:.'",<>/?\s]{1,15}$/;
const LINUX_NAME_MAX = 64;

function checkComputerName(model: JsonObject, osType: 'Windows' | 'Linux' | null): void {
  const name = at(model, 'properties', 'osProfile', 'computerName');
  if (typeof name !== 'string') return;
  if (osType === 'Windows' && !WINDOWS_NAME.test(name))
    throw invalidParameter(
      'Windows computer name cannot be more than 15 characters long, be entirely numeric, or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . \' " , < > / ?.',
      'computerName',
    );
  if (name.length > LINUX_NAME_MAX)
    throw invalidParameter(
      `Linux host name cannot exceed ${LINUX_NAME_MAX} characters in length.`,
      'computerName',
    );
}

/** Source: Azure/azure-sdk-for-node#2266. One that a file brought is kept, with a note; only what a request says is refused. */
function checkTimeZone({ sent }: VmChange): void {
  const zone = at(sent, 'properties', 'osProfile', 'windowsConfiguration', 'timeZone');
  if (typeof zone === 'string' && !isWindowsTimeZone(zone))
    throw invalidParameter(
      'The value of parameter windowsConfiguration.timeZone is invalid.',
      'windowsConfiguration.timeZone',
    );
}

/** What a VM is cannot be changed once it is. Sending what it has is no change. */
const FIXED: readonly (readonly [property: string, ...path: string[]])[] = [
  ['imageReference.publisher', 'storageProfile', 'imageReference', 'publisher'],
  ['imageReference.offer', 'storageProfile', 'imageReference', 'offer'],
  ['imageReference.sku', 'storageProfile', 'imageReference', 'sku'],
  ['imageReference.version', 'storageProfile', 'imageReference', 'version'],
  ['imageReference.id', 'storageProfile', 'imageReference', 'id'],
  ['osDisk.osType', 'storageProfile', 'osDisk', 'osType'],
  ['osProfile.computerName', 'osProfile', 'computerName'],
  ['osProfile.adminUsername', 'osProfile', 'adminUsername'],
];

function checkKept({ sent, model, vm }: VmChange, before: VmResource, { method }: ArmRequest): void {
  if (vm.region !== before.vm.region)
    throw new ArmError(
      409,
      'InvalidResourceLocation',
      `The resource '${before.vm.name}' already exists in location '${before.vm.region}' in resource group '${before.vm.resourceGroup}'. A resource with the same name cannot be created in location '${vm.region}'. Please select a new resource name.`,
    );
  const zones = at(sent, 'zones');
  if (Array.isArray(zones) && (zones[0] ?? null) !== null && String(zones[0]) !== before.vm.zone)
    throw propertyChangeNotAllowed('zones');
  const set = at(sent, 'properties', 'availabilitySet');
  const setId = at(set, 'id');
  const isAnother =
    typeof setId === 'string' && AvailabilitySetId.safeParse(setId).data !== before.vm.availabilitySetId;
  const leaves = set === null && method === 'PATCH' && before.vm.availabilitySetId !== null;
  if (isAnother || leaves) throw propertyChangeNotAllowed('availabilitySet.id');
  const scaleSet = at(sent, 'properties', 'virtualMachineScaleSet', 'id');
  const scaleSetBefore = at(before.model, 'properties', 'virtualMachineScaleSet', 'id');
  if (typeof scaleSet === 'string' && typeof scaleSetBefore === 'string' && !same(scaleSet, scaleSetBefore))
    throw propertyChangeNotAllowed('virtualMachineScaleSet.id');
  checkPriority(model, before);
  for (const [property, ...path] of FIXED) {
    const [is, wanted] = [at(before.model, 'properties', ...path), at(model, 'properties', ...path)];
    if (wanted === is || (typeof wanted === 'string' && typeof is === 'string' && same(wanted, is))) continue;
    // Nothing was known of it, and so nothing changes: files may leave out what Azure would fill in.
    if (is === undefined && at(before.model, 'properties', path[0] ?? '') === undefined) continue;
    if (is === undefined && property !== 'imageReference.id') continue;
    throw propertyChangeNotAllowed(property);
  }
}

/** A VM that says nothing is a Regular one (70). */
function checkPriority(model: JsonObject, before: VmResource): void {
  const priorityOf = (of: JsonObject): string => {
    const written = at(of, 'properties', 'priority');
    return typeof written === 'string' ? written : 'Regular';
  };
  if (!same(priorityOf(model), priorityOf(before.model))) throw propertyChangeNotAllowed('priority');
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** A Windows VM has no linuxConfiguration, nor the other way round. */
function checkConfiguration({ model, vm }: VmChange): void {
  const other = vm.osType === 'Windows' ? 'linuxConfiguration' : 'windowsConfiguration';
  if (vm.osType !== null && isObject(at(model, 'properties', 'osProfile', other)))
    throw invalidParameter(`Parameter '${other}' is not allowed on a ${vm.osType} virtual machine.`, other);
}
