import {
  checkPatchModeChange,
  checkPatchSettings,
  effectivePatchMode,
  type PatchMode,
  type PatchSettings,
} from '../../domain/patchMode';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import { AvailabilitySetId } from '../../domain/ids';
import type { ArmContext, ArmRequest } from '../http/armRoute';
import { ArmError, invalidParameter, resourceNotFound } from '../http/armError';
import { requireFeature } from '../patching/optIn';
import { armErrorOf, checkModeSettings, notToBeChanged } from '../patching/patchSettings';
import { isObject, type JsonObject } from '../http/requestBody';
import { at, readModel } from './vmModel';

/** A request for a VM that is to be created or changed, as far as it is understood. */
export interface VmChange {
  /** As the client sent it. */
  readonly sent: JsonObject;
  /** What would come of it. */
  readonly model: JsonObject;
  readonly vm: VirtualMachine;
  readonly before: VmResource | null;
}

/** Everything that can be wrong with it, in the order in which Azure would say it. Returns the mode that the VM is in then. */
export function checkVmChange(change: VmChange, request: ArmRequest, context: ArmContext): PatchMode | null {
  if (change.before === null) checkNew(change, request, context);
  else checkKept(change, change.before);
  checkConfiguration(change);
  const mode = checkMode(change, context);
  const { before } = change;
  const was = before === null ? null : modeOf(before.vm);
  if (mode === 'AutomaticByPlatform' && was !== 'AutomaticByPlatform')
    requireFeature(request, context, 'InGuestAutoPatchVMPreview');
  return mode;
}

export function modeOf(vm: PatchSettings): PatchMode | null {
  const effective = effectivePatchMode(vm);
  return effective.kind === 'mode' ? effective.mode : null;
}

function checkNew({ model, vm }: VmChange, request: ArmRequest, { services }: ArmContext): void {
  if (!isObject(at(model, 'properties', 'storageProfile')))
    throw invalidParameter("Required parameter 'storageProfile' is missing (null).", 'storageProfile');
  const zones = at(model, 'zones');
  if (zones !== undefined && !(Array.isArray(zones) && zones.length <= 1))
    throw invalidParameter('A virtual machine can be in one availability zone only.', 'zones');
  if (vm.zone !== null && !/^[1-9]$/.test(vm.zone))
    throw invalidParameter(`The zone '${vm.zone}' is invalid. Zones are "1", "2", "3".`, 'zones');
  const { availabilitySetId } = vm;
  if (availabilitySetId === null) return;
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

function checkKept({ sent, model, vm }: VmChange, before: VmResource): void {
  if (vm.region !== before.vm.region)
    throw new ArmError(
      409,
      'InvalidResourceLocation',
      `The resource '${before.vm.name}' already exists in location '${before.vm.region}' in resource group '${before.vm.resourceGroup}'. A resource with the same name cannot be created in location '${vm.region}'. Please select a new resource name.`,
    );
  const zones = at(sent, 'zones');
  if (Array.isArray(zones) && (zones[0] ?? null) !== null && String(zones[0]) !== before.vm.zone)
    throw notToBeChanged('zones');
  const set = at(sent, 'properties', 'availabilitySet', 'id');
  if (typeof set === 'string' && AvailabilitySetId.safeParse(set).data !== before.vm.availabilitySetId)
    throw notToBeChanged('availabilitySet.id');
  for (const [property, ...path] of FIXED) {
    const [is, wanted] = [at(before.model, 'properties', ...path), at(model, 'properties', ...path)];
    if (wanted === is || (typeof wanted === 'string' && typeof is === 'string' && same(wanted, is))) continue;
    // Nothing was known of it, and so nothing changes: files may leave out what Azure would tell.
    if (is === undefined && at(before.model, 'properties', path[0] ?? '') === undefined) continue;
    if (is === undefined && property !== 'imageReference.id') continue;
    throw notToBeChanged(property);
  }
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

/** What the request itself says comes first, then what it would change, then what would come of it. */
function checkMode({ sent, model, vm, before }: VmChange, { services }: ArmContext): PatchMode | null {
  const { policy } = services;
  const given = { ...givenSettings(sent, vm), image: vm.image, customImage: vm.customImage };
  const settings = { ...vm, enableAutomaticUpdates: automaticUpdatesOf(model, vm) };
  const touched = before === null || PATCHING.some((member) => settings[member] !== before.vm[member]);
  const refusals = [
    ...(given.patchMode === null ? [] : checkPatchSettings(given, policy)),
    ...(before === null ? [] : checkPatchModeChange(before.vm, given)),
    ...(touched ? checkPatchSettings(settings, policy) : []),
  ];
  const [first] = refusals;
  if (first !== undefined) throw armErrorOf(first, vm.osType);
  const mode = modeOf(settings);
  checkModeSettings(model, vm.osType, mode === 'AutomaticByPlatform');
  return mode;
}

const PATCHING = ['osType', 'patchMode', 'enableAutomaticUpdates', 'provisionVMAgent'] as const;

/** What the request itself says, on a VM of this operating system. */
function givenSettings(sent: JsonObject, { id, osType }: VirtualMachine): PatchSettings {
  const properties = { osProfile: at(sent, 'properties', 'osProfile') ?? undefined };
  const read = readModel({
    id,
    location: 'any',
    properties: { ...properties, storageProfile: { osDisk: { osType } } },
  });
  return { ...read, enableAutomaticUpdates: automaticUpdatesOf(sent, { ...read, osType }), osType };
}

/** Linux has no such property; one that is sent for it is looked at all the same, to be refused. */
function automaticUpdatesOf(
  model: JsonObject,
  { osType, enableAutomaticUpdates }: VirtualMachine,
): boolean | null {
  if (osType !== 'Linux') return enableAutomaticUpdates;
  const written = at(model, 'properties', 'osProfile', 'linuxConfiguration', 'enableAutomaticUpdates');
  return typeof written === 'boolean' ? written : null;
}
