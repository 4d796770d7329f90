import { hashInPieces } from '../domain/seed';
import { Names, type VmColumns } from './columns';

/** Ids that are read or hashed in one go. */
const IDS_TOGETHER = 2_000;

/** Characters of many texts, one after another. */
interface Pieces {
  readonly codes: Uint16Array;
  /** Where each begins, and at last where the last one ends. */
  readonly starts: Int32Array;
}

/**
 * The ids of the VMs of a fleet, ready to be hashed with any seed: what the ids of a resource group begin with, nine tenths of them, is hashed once, and
 * the names lie in one piece of memory. An id is read once: to look at those of a large fleet takes longer than to hash them.
 */
export interface HashedIds {
  readonly beginnings: Pieces;
  /** Of each id the number of its beginning. */
  readonly beginningOf: Int32Array;
  readonly names: Pieces;
}

/** Yields how many ids it has read since. */
export function* hashedIds(ids: VmColumns['ids']): Generator<number, HashedIds> {
  const beginnings = new Names();
  const beginningOf = new Int32Array(ids.length);
  for (const [n, id] of ids.entries()) {
    beginningOf[n] = beginnings.numberOf(id.slice(0, nameBeginsAt(id)));
    if (n % IDS_TOGETHER === IDS_TOGETHER - 1) yield IDS_TOGETHER;
  }
  return {
    beginnings: yield* piecesOf(beginnings.names, () => 0),
    beginningOf,
    names: yield* piecesOf(ids, nameBeginsAt),
  };
}

const nameBeginsAt = (id: string): number => id.lastIndexOf('/') + 1;

function* piecesOf(texts: readonly string[], from: (text: string) => number): Generator<number, Pieces> {
  const starts = new Int32Array(texts.length + 1);
  for (const [n, text] of texts.entries()) starts[n + 1] = (starts[n] ?? 0) + text.length - from(text);
  const codes = new Uint16Array(starts.at(-1) ?? 0);
  let at = 0;
  for (const [n, text] of texts.entries()) {
    for (let i = from(text); i < text.length; i += 1) codes[at++] = text.charCodeAt(i);
    if (n % IDS_TOGETHER === IDS_TOGETHER - 1) yield IDS_TOGETHER;
  }
  return { codes, starts };
}

/** `hash53` of each id. Yields how many it has hashed since. */
export function* hashesOf(
  { beginnings, beginningOf, names }: HashedIds,
  seed: number,
): Generator<number, Float64Array> {
  const count = beginningOf.length;
  const begun = new Int32Array(2 * beginnings.starts.length);
  for (let n = 0; n < beginnings.starts.length - 1; n += 1) {
    hashInPieces.begin(begun, 2 * n, seed);
    takeIn(begun, 2 * n, beginnings, n);
  }
  const hashes = new Float64Array(count);
  const halves = new Int32Array(2);
  for (let n = 0; n < count; n += 1) {
    const beginning = 2 * (beginningOf[n] ?? 0);
    halves[0] = begun[beginning] ?? 0;
    halves[1] = begun[beginning + 1] ?? 0;
    takeIn(halves, 0, names, n);
    hashes[n] = hashInPieces.end(halves, 0);
    if (n % IDS_TOGETHER === IDS_TOGETHER - 1) yield IDS_TOGETHER;
  }
  return hashes;
}

function takeIn(halves: Int32Array, place: number, { codes, starts }: Pieces, n: number): void {
  hashInPieces.takeIn(halves, place, codes, starts[n] ?? 0, starts[n + 1] ?? 0);
}
