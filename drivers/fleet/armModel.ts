import { restValue, spellingOf } from './memberNames';
import { isObject } from '../../domain/isObject';

/** A resource as the REST API spells it: envelope at the top, the rest under `properties`. Survives JSON. */
export type ArmResource = Readonly<Record<string, unknown>>;

/** Members of the envelope of a REST resource. What `az` prints beside them belongs under `properties`. */
const ENVELOPE = new Set([
  'id',
  'name',
  'type',
  'location',
  'tags',
  'zones',
  'plan',
  'identity',
  'extendedLocation',
  'resources',
  'sku',
  'etag',
  'managedBy',
]);

/** Members that `az`, Get-AzVM and Azure Resource Graph add, and no REST resource has. */
const NOT_IN_REST = new Set([
  'resourceGroup',
  'subscriptionId',
  'tenantId',
  'kind',
  'statusCode',
  'requestId',
  'powerState',
  'publicIps',
  'privateIps',
  'fqdns',
  'macAddresses',
]);

type Members = Readonly<Record<string, unknown>>;

/**
 * A resource in the shape of REST, whether it was printed by `az` (flattened, full of nulls), by PowerShell (PascalCase) or by the API. What is
 * in that shape already is not copied: a fleet file has thirty objects a VM.
 */
export function toRestShape(record: Members): ArmResource {
  const spelled = withRestNames(record);
  const envelope: Record<string, unknown> = {};
  const properties: Record<string, unknown> = {};
  let nested: unknown = undefined;
  for (const member of Object.keys(spelled)) {
    const value = spelled[member];
    if (member === 'properties') nested = tidied(value, true, true);
    else if (value === null || NOT_IN_REST.has(member)) continue;
    else if (ENVELOPE.has(member)) set(envelope, member, below(member, value, false));
    else set(properties, member, below(member, value, true));
  }
  if (!isObject(nested)) return Object.assign(envelope, { properties: nested ?? properties });
  return Object.assign(envelope, { properties: isEmpty(properties) ? nested : { ...properties, ...nested } });
}

/** Two members that differ in case are one: the last. */
function withRestNames(record: Members): Members {
  const members = Object.keys(record);
  if (members.every((member) => spellingOf(member).name === member)) return record;
  return Object.fromEntries(members.map((member) => [spellingOf(member).name, record[member]]));
}

function below(member: string, value: unknown, dropNulls: boolean): unknown {
  return tidied(value, !spellingOf(member).isNamedByOwner, dropNulls);
}

/** The value with REST names, and without members that are null; itself, where that changes nothing. */
function tidied(value: unknown, spell: boolean, dropNulls: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!spell && !dropNulls) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => tidied(item, spell, dropNulls));
    return items.every((item, n) => item === value[n]) ? value : items;
  }
  const object = value as Members;
  const members = Object.keys(object);
  let copy: Record<string, unknown> | null = null;
  for (const [n, member] of members.entries()) {
    const name = spell ? spellingOf(member).name : member;
    const before = object[member];
    const read = tidied(before, spell && !spellingOf(member).isNamedByOwner, dropNulls);
    const after = spell ? restValue(name, read) : read;
    const isDropped = dropNulls && after === null;
    if (copy === null && (isDropped || after !== before || name !== member)) {
      copy = {};
      for (const kept of members.slice(0, n)) set(copy, kept, object[kept]);
    }
    if (copy === null) continue;
    if (isDropped) Reflect.deleteProperty(copy, name);
    else set(copy, name, after);
  }
  return copy ?? object;
}

/** `__proto__` in a file is a member like any other. */
function set(object: Record<string, unknown>, member: string, value: unknown): void {
  if (member === '__proto__')
    Object.defineProperty(object, member, { value, enumerable: true, configurable: true, writable: true });
  else object[member] = value;
}

function isEmpty(object: Members): boolean {
  return Object.keys(object).length === 0;
}
