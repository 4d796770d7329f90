import { isDeepStrictEqual } from 'node:util';
import type { Table } from './store';

/** Writes a row in place of the one that its writer has seen; null where there was none. False when it is another by now: then nothing was written. */
export async function writeInstead<T>(
  table: Table,
  [partition, row]: readonly [partition: string, row: string],
  {
    value,
    seen,
    parse,
  }: { readonly value: T; readonly seen: T | null; readonly parse: (value: unknown) => T },
): Promise<boolean> {
  const found = await table.get(partition, row);
  if (!isDeepStrictEqual(found && parse(found.value), seen)) return false;
  return found === null
    ? table.insert(partition, row, value)
    : table.replace(partition, row, value, found.etag);
}
