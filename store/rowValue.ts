import type { Conditions } from './store';

/**
 * What every store does alike to keys and values, so that a simulated month in memory meets the same refusals as the real thing.
 */

/** 900 KB of UTF-8: Azure Tables takes 1 MiB an entity, keys and property names included. */
export const VALUE_BYTES_MAX = 900_000;

/** Azure Tables takes keys of 1 KiB, in UTF-16. */
const KEY_LENGTH_MAX = 512;

/** At most so many changes in one transaction: Azure's limit. */
export const TRANSACTION_CHANGES_MAX = 100;

/** UTF-8 never needs more than this for one UTF-16 unit: shorter texts need not be measured. */
const UTF8_BYTES_A_UNIT_MAX = 3;

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const notAllowedInKeys = /[/\\#?\u0000-\u001f\u007f-\u009f]/;

/** Azure Tables refuses these keys, and so do we, everywhere and before anything is sent. */
export function assertKey(what: 'partition' | 'row', key: string): void {
  if (key === '' || key.length > KEY_LENGTH_MAX)
    throw new RangeError(
      `A ${what} key has 1 to ${KEY_LENGTH_MAX} characters; this one has ${key.length}: ${JSON.stringify(key.slice(0, 80))}`,
    );
  if (notAllowedInKeys.test(key))
    throw new RangeError(
      `A ${what} key must not contain / \\ # ? or control characters: ${JSON.stringify(key)}. Make keys of ARM ids with keyOf().`,
    );
}

/** A name as a part of a key: whatever cannot stand there is a hyphen. */
export const keyPart = (name: string): string => name.toLowerCase().replace(/[^a-z0-9-]/g, '-');

/** The value as JSON text. */
export function jsonOf(partition: string, row: string, value: unknown): string {
  // The declared type of JSON.stringify leaves out that it answers undefined for what JSON cannot say.
  const json: unknown = JSON.stringify(value);
  if (typeof json !== 'string')
    throw new TypeError(`The value of row ${partition} / ${row} is ${typeof value}: no JSON value.`);
  if (json.length * UTF8_BYTES_A_UNIT_MAX <= VALUE_BYTES_MAX) return json;
  const bytes = Buffer.byteLength(json);
  if (bytes > VALUE_BYTES_MAX)
    throw new RangeError(
      `The value of row ${partition} / ${row} has ${bytes} bytes of JSON; a row takes ${VALUE_BYTES_MAX}. Split it into several rows.`,
    );
  return json;
}

/** Parsed, and frozen all the way down: a reader that mutates fails at once, and readers may share one object. */
export function frozenValue(json: string): unknown {
  return freeze(JSON.parse(json));
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

export interface Changes {
  readonly upsert?: readonly { row: string; value: unknown }[];
  readonly remove?: readonly string[];
}

/** A change under a condition: `etag` null for a row that must not be there. */
export interface ConditionalChange {
  readonly row: string;
  readonly json: string;
  readonly etag: string | null;
}

/** The changes of one transaction under conditions. Azure takes 100, and none of a row twice. */
export function listConditions(
  partition: string,
  { insert = [], replace = [] }: Conditions,
): ConditionalChange[] {
  const changes = [...insert.map(({ row, value }) => ({ row, value, etag: null })), ...replace];
  if (changes.length === 0 || changes.length > TRANSACTION_CHANGES_MAX)
    throw new RangeError(
      `A transaction has 1 to ${TRANSACTION_CHANGES_MAX} changes; this one has ${changes.length}.`,
    );
  const jsons = listChanges(partition, { upsert: changes });
  return changes.map(({ row, etag }, n) => {
    const change = jsons[n];
    if (change?.kind !== 'upsert') throw new Error(`Row ${partition} / ${row} has no value.`);
    return { row, json: change.json, etag };
  });
}

export type Change =
  | { readonly kind: 'upsert'; readonly row: string; readonly json: string }
  | { readonly kind: 'remove'; readonly row: string };

/** Upserts first, then removals; a row changes once, because Azure refuses a transaction that names one twice. */
export function listChanges(partition: string, { upsert = [], remove = [] }: Changes): Change[] {
  assertKey('partition', partition);
  const seen = new Set<string>();
  const once = (row: string): string => {
    assertKey('row', row);
    if (seen.has(row)) throw new RangeError(`Row ${partition} / ${row} is changed twice in one write.`);
    seen.add(row);
    return row;
  };
  return [
    ...upsert.map(({ row, value }): Change => ({
      kind: 'upsert',
      row: once(row),
      json: jsonOf(partition, row, value),
    })),
    ...remove.map((row): Change => ({ kind: 'remove', row: once(row) })),
  ];
}

/** Row keys in the order of their UTF-16 units, as Azure Tables orders them. */
export const byRow = (a: { readonly row: string }, b: { readonly row: string }): number =>
  a.row < b.row ? -1 : a.row > b.row ? 1 : 0;
