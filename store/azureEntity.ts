import { gunzipSync, gzipSync } from 'node:zlib';
import type { TableEntity } from '@azure/data-tables';
import { frozenValue } from './rowValue';
import type { Row } from './store';

/** A property takes 64 KiB, and Azure counts strings in UTF-16. */
const TEXT_PART_LENGTH = 30_000;
const BINARY_PART_LENGTH = 60_000;

/** Longer JSON goes in compressed: as text, an entity's 1 MiB would end at half a million characters. */
const TEXT_LENGTH_MAX = 300_000;

/** Headers, keys and property names of one change. */
const ENVELOPE_BYTES = 3000;

/** Which write put a row there, so that a write whose answer was lost can recognise its own work. */
const WRITER = 'writer';

export type Entity = TableEntity;

/** JSON as an entity: `json0`, `json1` … for people to read in a storage explorer, or gzipped in `gzip0`, `gzip1` … when it is long. */
export function entityOf(partition: string, row: string, json: string, writer: string): Entity {
  const ascii = asAscii(json);
  const parts =
    ascii.length <= TEXT_LENGTH_MAX
      ? inParts('json', ascii, TEXT_PART_LENGTH)
      : inParts('gzip', gzipSync(json), BINARY_PART_LENGTH);
  return { ...parts, partitionKey: partition, rowKey: row, [WRITER]: writer };
}

/** About how many bytes an upsert takes in a transaction: quotes are escaped, binary travels as base64. */
export function wireBytesOf(entity: Entity): number {
  let bytes = ENVELOPE_BYTES;
  for (const value of Object.values(entity))
    if (typeof value === 'string') bytes += Buffer.byteLength(JSON.stringify(value));
    else if (value instanceof Uint8Array) bytes += Math.ceil((value.length * 4) / 3);
  return bytes;
}

export function rowOf(entity: Readonly<Record<string, unknown>>): Row {
  const { partitionKey, rowKey, etag } = entity;
  if (typeof partitionKey !== 'string' || typeof rowKey !== 'string' || typeof etag !== 'string')
    throw new Error('A table answered an entity without keys or without an ETag.');
  const json = jsonIn(entity);
  if (json === '') throw new Error(`Row ${partitionKey} / ${rowKey} was not written by Lowtide.`);
  return Object.freeze({ partition: partitionKey, row: rowKey, value: frozenValue(json), etag });
}

export function writerOf(entity: Readonly<Record<string, unknown>>): unknown {
  return entity[WRITER];
}

/** Azurite decodes each network chunk by itself, which breaks any character that lies across two; an escape cannot break. */
function asAscii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function inParts(
  name: string,
  whole: string | Uint8Array,
  length: number,
): Record<string, string | Uint8Array> {
  const parts: Record<string, string | Uint8Array> = {};
  for (let at = 0, part = 0; at < whole.length; at += length, part += 1)
    parts[`${name}${part}`] = whole.slice(at, at + length);
  return parts;
}

function jsonIn(entity: Readonly<Record<string, unknown>>): string {
  if (entity['json0'] !== undefined)
    return partsIn(entity, 'json', (part) => typeof part === 'string').join('');
  const gzipped = partsIn(entity, 'gzip', (part) => part instanceof Uint8Array);
  return gzipped.length === 0 ? '' : gunzipSync(Buffer.concat(gzipped)).toString('utf8');
}

function partsIn<T>(
  entity: Readonly<Record<string, unknown>>,
  name: string,
  isPart: (value: unknown) => value is T,
): T[] {
  const parts: T[] = [];
  for (let value = entity[`${name}0`]; isPart(value); value = entity[`${name}${parts.length}`])
    parts.push(value);
  return parts;
}
