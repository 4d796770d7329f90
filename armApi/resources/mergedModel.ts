import { isObject } from '../../domain/isObject';
import { objectAt, type JsonObject } from '../http/json';
import { withoutSecrets } from './withoutSecrets';

/** What only Azure writes. Clients send it back with what they change. */
const READ_ONLY = ['provisioningState', 'vmId', 'instanceView', 'timeCreated'];
const ENVELOPE = ['tags', 'zones', 'plan', 'identity', 'extendedLocation'];

/**
 * What a PUT may leave out without taking it away, for a VM cannot be without it or cannot change it: under `properties`, and under the
 * profiles that it does send.
 */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  hardwareProfile: ['vmSize'],
  networkProfile: ['networkInterfaces'],
  '': [
    ...['hardwareProfile', 'storageProfile', 'osProfile', 'networkProfile', 'availabilitySet'],
    // Of a VM that is in a scale set.
    ...['virtualMachineScaleSet', 'platformFaultDomain'],
  ],
  storageProfile: ['imageReference', 'osDisk'],
  'storageProfile.osDisk': ['osType', 'createOption', 'name'],
  osProfile: ['computerName', 'adminUsername', 'windowsConfiguration', 'linuxConfiguration'],
  'osProfile.windowsConfiguration': [
    'provisionVMAgent',
    'enableAutomaticUpdates',
    'timeZone',
    'patchSettings',
  ],
  'osProfile.linuxConfiguration': [
    'provisionVMAgent',
    'patchSettings',
    'disablePasswordAuthentication',
    'ssh',
  ],
};

/**
 * The model that a request makes of what there is. A PUT replaces: what it does not say is gone, but for what a VM cannot be without. A
 * PATCH merges, and its nulls remove. `location` is the caller's.
 */
export function mergedModel(
  armId: string,
  before: JsonObject | null,
  sent: JsonObject,
  method: 'PUT' | 'PATCH',
): JsonObject {
  const stored = objectAt(before, 'properties');
  const given = drop(objectAt(sent, 'properties'), READ_ONLY);
  const properties = method === 'PATCH' ? patched(stored, given, '') : replaced(stored, given, '');
  const envelope = pick(before ?? {}, method === 'PATCH' ? ENVELOPE : ['zones']);
  for (const [member, value] of Object.entries(pick(sent, ENVELOPE)))
    if (value !== null) envelope[member] = value;
    else if (member !== 'zones') Reflect.deleteProperty(envelope, member);
  return {
    ...envelope,
    id: armId,
    name: armId.split('/').at(-1),
    type: 'Microsoft.Compute/virtualMachines',
    properties: withoutSecrets(properties),
  };
}

/** Of what a PUT may leave out, what a null removes all the same: a VM can be without it. */
const REMOVABLE: readonly string[] = [
  ...['patchSettings', 'timeZone', 'disablePasswordAuthentication', 'ssh'],
  // A VM is detached from its scale set so.
  ...['virtualMachineScaleSet', 'platformFaultDomain'],
];

function isRemovable(member: string, path: string): boolean {
  return REMOVABLE.includes(member) || !(KEPT[path] ?? []).includes(member);
}

/** As the model has the name already: names are read without regard to case, those that are not known, too. */
function nameIn(before: JsonObject, member: string): string {
  if (member in before) return member;
  return Object.keys(before).find((name) => name.toLowerCase() === member.toLowerCase()) ?? member;
}

/** Objects member by member; null removes what can be without; anything else is replaced. */
function patched(before: JsonObject, given: JsonObject, path: string): JsonObject {
  const result: Record<string, unknown> = { ...before };
  for (const [written, value] of Object.entries(given)) {
    const member = nameIn(before, written);
    const was = before[member];
    const inner = path === '' ? member : `${path}.${member}`;
    if (isObject(value)) result[member] = patched(isObject(was) ? was : {}, value, inner);
    else if (value !== null) result[member] = value;
    else if (isRemovable(member, path)) Reflect.deleteProperty(result, member);
  }
  return result;
}

/** What is given, and of what there was only that which a PUT may leave out. */
function replaced(before: JsonObject, given: JsonObject, path: string): JsonObject {
  const result: Record<string, unknown> = { ...given };
  for (const member of KEPT[path] ?? []) {
    const [was, now] = [before[member], given[member]];
    if (was === undefined || (now === null && isRemovable(member, path))) continue;
    const inner = path === '' ? member : `${path}.${member}`;
    if (now === undefined || now === null) result[member] = was;
    else if (isObject(was) && isObject(now) && inner in KEPT) result[member] = replaced(was, now, inner);
  }
  return result;
}

function pick(record: JsonObject, members: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([member]) => members.includes(member)));
}

function drop(record: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([member]) => !members.includes(member)));
}
