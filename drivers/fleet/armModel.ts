import { restSpelling } from './memberNames';
import { isObject } from './isObject';

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

/** A resource in the shape of REST, whether it was printed by `az` (flattened, full of nulls), by PowerShell (PascalCase) or by the API. */
export function toRestShape(record: Readonly<Record<string, unknown>>): ArmResource {
  const spelled = restSpelling(record);
  const envelope: Record<string, unknown> = {};
  const properties: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(isObject(spelled) ? spelled : {})) {
    if (member === 'properties' || value === null) continue;
    if (ENVELOPE.has(member)) envelope[member] = value;
    else if (!NOT_IN_REST.has(member)) properties[member] = withoutNulls(value);
  }
  const nested = isObject(spelled) ? spelled['properties'] : undefined;
  const inner = withoutNulls(nested);
  return { ...envelope, properties: isObject(inner) ? { ...properties, ...inner } : (inner ?? properties) };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([member, inner]) => [member, withoutNulls(inner)]),
  );
}
