import { isObject } from './readRecords';

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

/** `az` derives its member names from snake case, so its capitals differ from the wire in these. */
const SPELLED_BY_AZ: Readonly<Record<string, string>> = {
  provisionVmAgent: 'provisionVMAgent',
  enableVmAgentPlatformUpdates: 'enableVMAgentPlatformUpdates',
  diskSizeGb: 'diskSizeGB',
  winRm: 'winRM',
  ultraSsdEnabled: 'ultraSSDEnabled',
};

/** Members `az` adds that no REST resource has. */
const ADDED_BY_AZ = new Set([
  'resourceGroup',
  'powerState',
  'publicIps',
  'privateIps',
  'fqdns',
  'macAddresses',
]);

/** A resource in the shape of REST, whether it was printed by `az` (flattened, respelled, full of nulls) or by the API. */
export function toRestShape(record: Readonly<Record<string, unknown>>): ArmResource {
  const envelope: Record<string, unknown> = {};
  const properties: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(record)) {
    if (member === 'properties' || value === null) continue;
    if (ENVELOPE.has(member)) envelope[member] = value;
    else if (!ADDED_BY_AZ.has(member)) properties[member] = respell(value);
  }
  const nested = record['properties'];
  const inner = isObject(nested) ? (respell(nested) as Record<string, unknown>) : nested;
  return { ...envelope, properties: isObject(inner) ? { ...properties, ...inner } : (inner ?? properties) };
}

function respell(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(respell);
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [member, inner] of Object.entries(value))
    if (inner !== null) result[SPELLED_BY_AZ[member] ?? member] = respell(inner);
  return result;
}
