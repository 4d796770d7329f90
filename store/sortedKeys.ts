/**
 * The row keys of a partition in order, in chunks: a key is added, found or removed within one of them, however many rows there are. New keys wait
 * until they are listed: a month of writes that are never listed costs no sorting.
 */
export class SortedKeys {
  /** None is empty, and every key of one comes before those of the next. */
  #chunks: string[][] = [];
  readonly #waiting = new Set<string>();

  /** The key must be new. */
  add(key: string): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || key > (last.at(-1) ?? '')) this.#append(key);
    else this.#waiting.add(key);
  }

  /** The key must be there. */
  remove(key: string): void {
    if (this.#waiting.delete(key)) return;
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    chunk.splice(firstAtLeast(chunk, key), 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Keys in [from, before), the first `take` of them. */
  between(from: string | undefined, before: string | undefined, take = Infinity): readonly string[] {
    this.#sortWaiting();
    const found: string[] = [];
    const first = from === undefined ? 0 : this.#chunkOf(from);
    for (let at = first; at < this.#chunks.length && found.length < take; at += 1) {
      const chunk = this.#chunks[at] ?? [];
      const start = at === first && from !== undefined ? firstAtLeast(chunk, from) : 0;
      const end = before === undefined ? chunk.length : firstAtLeast(chunk, before);
      for (let n = start; n < end && found.length < take; n += 1) found.push(chunk[n] ?? '');
      if (end < chunk.length) break;
    }
    return found;
  }

  #sortWaiting(): void {
    if (this.#waiting.size === 0) return;
    if (this.#waiting.size > INSERTIONS_MAX) {
      const all = [...this.#chunks.flat(), ...this.#waiting].sort();
      this.#chunks = [];
      for (const key of all) this.#append(key);
    } else for (const key of this.#waiting) this.#insert(key);
    this.#waiting.clear();
  }

  #append(key: string): void {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.length < CHUNK_KEYS) last.push(key);
    else this.#chunks.push([key]);
  }

  #insert(key: string): void {
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#append(key);
      return;
    }
    chunk.splice(firstAtLeast(chunk, key), 0, key);
    if (chunk.length > 2 * CHUNK_KEYS) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_KEYS));
  }

  /** The first chunk whose last key is not before this one; behind all of them when there is none. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.at(-1) ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function sortedKeys(keys: Iterable<string>): SortedKeys {
  const sorted = new SortedKeys();
  for (const key of keys) sorted.add(key);
  return sorted;
}

const CHUNK_KEYS = 512;
/** Above this many waiting keys one sort of a nearly sorted array is cheaper than insertions. */
const INSERTIONS_MAX = 4_096;

function firstAtLeast(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
