import { object, optional, UNUSUAL } from './recordField';
import { ENVELOPE, PROPERTIES, type VmRecord } from './vmFields';

/** A VM as it is written in a file: below `properties`, as the REST API prints it, or flattened, as `az` and Get-AzVM do. */
const WRITTEN = object({ ...ENVELOPE, ...PROPERTIES, properties: optional(object(PROPERTIES)) });
const FLATTENED = Object.keys(PROPERTIES) as readonly (keyof typeof PROPERTIES)[];

/**
 * What is read of a VM, straight from its record as it is written, without making its model in REST shape first. Null for a record that is
 * malformed, or unusual: then the full check looks at the model. What this one takes the full one takes, too, and for the same
 * (`tests/drivers/quickRecord.test.ts`).
 */
export function quickVmRecord(record: unknown): VmRecord | null {
  const written = WRITTEN.quick(record);
  if (written === UNUSUAL) return null;
  const { id, location, tags, zones, powerState, properties } = written;
  const isFlattened = properties === undefined || properties === null;
  if (!isFlattened && FLATTENED.some((name) => written[name] !== undefined)) return null;
  return { id, location, tags, zones, powerState, properties: isFlattened ? written : properties };
}
