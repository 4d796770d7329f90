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
    else this.#sorted = merged(this.#sorted, [...this.#waiting].sort());
    this.#waiting.clear();
  }
}

/** Above this many waiting keys one merge is cheaper than insertions. */
const INSERTIONS_MAX = 32;

/** Two sorted arrays as one. The longer one is copied in runs: few keys among very many cost few comparisons. */
function merged(long: readonly string[], short: readonly string[]): string[] {
  const all: string[] = [];
  let from = 0;
  for (const key of short) {
    const to = firstAtLeast(long, key, from);
    for (; from < to; from += 1) all.push(long[from] ?? '');
    all.push(key);
  }
  for (; from < long.length; from += 1) all.push(long[from] ?? '');
  return all;
}

function firstAtLeast(sorted: readonly string[], key: string, from = 0): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
