import { osTypeOfImage } from '../../domain/images';
import { regionNameOf } from '../../domain/regions';
import { readVmRecord } from '../../drivers/fleet/vmRecord';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { ArmError } from '../http/armError';
import { isObject, type JsonObject } from '../http/requestBody';

/** Members whose values must never come back. Whoever puts them means them for the guest, not for us: they are not even kept. */
const SECRETS: ReadonlySet<string> = new Set(
  [
    'adminPassword',
    'customData',
    'userData',
    'protectedSettings',
    'secrets',
    'additionalUnattendContent',
  ].map((name) => name.toLowerCase()),
);

/** The value without nulls (which say «not given») and, at any depth, without secrets. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([member, inner]) => inner !== null && !SECRETS.has(member.toLowerCase()))
      .map(([member, inner]) => [member, withoutSecrets(inner)]),
  );
}

/** A member at a path, if it is there. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, member) => (isObject(inner) ? inner[member] : undefined), value);
}

/** What only Azure writes. Clients send it back with what they change. */
const READ_ONLY = ['provisioningState', 'vmId', 'instanceView', 'timeCreated'];
const ENVELOPE = ['tags', 'zones', 'plan', 'identity', 'extendedLocation'];
/** What a PUT may leave out without taking it away: a VM cannot lose its disk, its settings or its network. */
const KEPT = ['hardwareProfile', 'storageProfile', 'osProfile', 'networkProfile', 'availabilitySet'];

/** The model that a request makes of what there is. A PUT replaces all but what a VM cannot be without; a PATCH only adds. */
export function mergedModel(
  armId: string,
  before: JsonObject | null,
  sent: JsonObject,
  method: 'PUT' | 'PATCH',
): JsonObject {
  const given = withoutSecrets(sent) as JsonObject;
  const [stored, properties] = [objectAt(before, 'properties'), objectAt(given, 'properties')];
  const base = method === 'PATCH' ? stored : pick(stored, KEPT);
  const merged = mergeDeep(base, drop(properties, READ_ONLY));
  const written = given['location'] ?? before?.['location'];
  return {
    id: armId,
    name: armId.split('/').at(-1),
    type: 'Microsoft.Compute/virtualMachines',
    ...(typeof written === 'string' && { location: regionNameOf(written) }),
    ...(before !== null && pick(before, method === 'PATCH' ? ENVELOPE : ['zones'])),
    ...pick(given, ENVELOPE),
    properties: withOsType(isObject(merged) ? merged : {}),
  };
}

function objectAt(value: JsonObject | null, member: string): JsonObject {
  const inner = at(value, member);
  return isObject(inner) ? inner : {};
}

function pick(record: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([member]) => members.includes(member)));
}

function drop(record: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([member]) => !members.includes(member)));
}

/** Objects member by member; anything else is replaced. */
function mergeDeep(before: unknown, given: unknown): unknown {
  if (given === undefined) return before;
  if (!isObject(before) || !isObject(given)) return given;
  const members = [...new Set([...Object.keys(before), ...Object.keys(given)])];
  return Object.fromEntries(members.map((member) => [member, mergeDeep(before[member], given[member])]));
}

/** Azure knows the operating system of a platform image and writes it down. */
function withOsType(properties: JsonObject): JsonObject {
  const storage = at(properties, 'storageProfile');
  if (!isObject(storage) || at(storage, 'osDisk', 'osType') !== undefined) return properties;
  const publisher = at(storage, 'imageReference', 'publisher');
  const osProfile = at(properties, 'osProfile');
  const osType = isObject(at(osProfile, 'windowsConfiguration'))
    ? 'Windows'
    : isObject(at(osProfile, 'linuxConfiguration'))
      ? 'Linux'
      : null;
  const known = typeof publisher === 'string' ? osTypeOfImage(publisher) : osType;
  if (known === null) return properties;
  const osDisk = { createOption: 'FromImage', ...objectAt(storage, 'osDisk'), osType: known };
  return { ...properties, storageProfile: { ...storage, osDisk } };
}

/** The VM as Lowtide reads it from a model. Throws 400 for what has the wrong type. */
export function readModel(model: JsonObject): VirtualMachine {
  const read = readVmRecord(model);
  if ('imported' in read) return read.imported.vm;
  const [issue] = read.error.issues;
  const target = issue?.path.filter((part) => part !== 'properties').join('.') ?? '';
  throw new ArmError(
    400,
    'BadRequest',
    `Error converting the value of '${target}': ${issue?.message ?? 'it is of the wrong type'}. Path '${issue?.path.join('.') ?? ''}'.`,
    target,
  );
}

/** Settings that nobody wrote, written down as Azure does, so that whoever reads the VM sees the mode it is in. */
export function withDefaults(model: JsonObject, { osType }: VirtualMachine, mode: string | null): JsonObject {
  const properties = objectAt(model, 'properties');
  const osProfile = at(properties, 'osProfile');
  if (!isObject(osProfile) || osType === null || mode === null) return model;
  const member = osType === 'Windows' ? 'windowsConfiguration' : 'linuxConfiguration';
  const given = objectAt(osProfile, member);
  const configuration = {
    provisionVMAgent: true,
    ...(osType === 'Windows' && { enableAutomaticUpdates: mode !== 'Manual' }),
    ...given,
    patchSettings: { ...objectAt(given, 'patchSettings'), patchMode: mode },
  };
  return { ...model, properties: { ...properties, osProfile: { ...osProfile, [member]: configuration } } };
}
