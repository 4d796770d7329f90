import { hashInPieces } from '../domain/seed';
import { Names } from './columns';

/** Ids that are hashed in one go. */
const IDS_TOGETHER = 2_000;

/** Characters of many texts, one after another, in a byte each as long as that is enough. */
interface Pieces {
  readonly codes: Uint8Array | Uint16Array;
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

/** Takes the ids of a fleet one after another. */
export class IdReader {
  readonly #numbers = new Names();
  readonly #beginnings = new GrowingPieces();
  readonly #names = new GrowingPieces();
  readonly #beginningOf: Int32Array;

  /** For so many ids. */
  constructor(count: number) {
    this.#beginningOf = new Int32Array(count);
  }

  add(id: string): void {
    const nameBegins = id.lastIndexOf('/') + 1;
    const number = this.#numbers.numberOf(id.slice(0, nameBegins));
    if (number === this.#beginnings.length) this.#beginnings.add(id, 0, nameBegins);
    this.#beginningOf[this.#names.length] = number;
    this.#names.add(id, nameBegins, id.length);
  }

  /** Of all that were added. */
  hashed(): HashedIds {
    return {
      beginnings: this.#beginnings.pieces(),
      beginningOf: this.#beginningOf,
      names: this.#names.pieces(),
    };
  }
}

const [LEAST_ROOM, GROWTH, BYTE_MAX] = [16_384, 2, 0xff];

class GrowingPieces {
  #codes: Uint8Array | Uint16Array = new Uint8Array(LEAST_ROOM);
  #end = 0;
  readonly #starts: number[] = [0];

  get length(): number {
    return this.#starts.length - 1;
  }

  /** The characters of a text between two places. */
  add(text: string, from: number, to: number): void {
    const end = this.#end + to - from;
    if (end > this.#codes.length) this.#moveTo(this.#roomFor(GROWTH * end));
    for (let i = from, at = this.#end; i < to; i += 1, at += 1) {
      const code = text.charCodeAt(i);
      if (code > BYTE_MAX && this.#codes instanceof Uint8Array)
        this.#moveTo(new Uint16Array(this.#codes.length));
      this.#codes[at] = code;
    }
    this.#end = end;
    this.#starts.push(end);
  }

  pieces(): Pieces {
    return { codes: this.#codes.slice(0, this.#end), starts: Int32Array.from(this.#starts) };
  }

  #roomFor(count: number): Uint8Array | Uint16Array {
    return this.#codes instanceof Uint8Array ? new Uint8Array(count) : new Uint16Array(count);
  }

  #moveTo(room: Uint8Array | Uint16Array): void {
    room.set(this.#codes);
    this.#codes = room;
  }
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
