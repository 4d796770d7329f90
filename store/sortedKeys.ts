/**
 * The row keys of a partition in order. New keys wait in a heap of unsorted ones until they are listed: a month of writes that are never
 * listed costs no sorting, and a list after few writes costs few insertions.
 */
export class SortedKeys {
  #sorted: string[] = [];
  readonly #waiting = new Set<string>();

  /** The key must be new. */
  add(key: string): void {
    const last = this.#sorted.at(-1);
    if (last === undefined || key > last) this.#sorted.push(key);
    else this.#waiting.add(key);
  }

  /** The key must be there. */
  remove(key: string): void {
    if (this.#waiting.delete(key)) return;
    this.#sorted.splice(firstAtLeast(this.#sorted, key), 1);
  }

  /** Keys in [from, before), the first `take` of them. */
  between(from: string | undefined, before: string | undefined, take = Infinity): readonly string[] {
    this.#sortWaiting();
    const start = from === undefined ? 0 : firstAtLeast(this.#sorted, from);
    const end = before === undefined ? this.#sorted.length : firstAtLeast(this.#sorted, before);
    return this.#sorted.slice(start, Math.min(end, start + take));
  }

  #sortWaiting(): void {
    if (this.#waiting.size === 0) return;
    if (this.#waiting.size <= INSERTIONS_MAX)
      for (const key of this.#waiting) this.#sorted.splice(firstAtLeast(this.#sorted, key), 0, key);
    else this.#sorted = [...this.#sorted, ...this.#waiting].sort();
    this.#waiting.clear();
  }
}

/** Above this many waiting keys one sort of a nearly sorted array is cheaper than insertions. */
const INSERTIONS_MAX = 32;

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
