/** Items in the order of their instants; those of one instant in the order that they are given, or in which they were added. A binary heap. */
export class TimeQueue<T> {
  readonly #atMs: number[] = [];
  readonly #order: number[] = [];
  readonly #items: T[] = [];
  #added = 0;

  add(atMs: number, item: T, order = this.#added++): void {
    let place = this.#items.length;
    this.#atMs.push(atMs);
    this.#order.push(order);
    this.#items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#isBefore(parent, place)) return;
      this.#swap(parent, place);
      place = parent;
    }
  }

  /** The first item, which stays in the queue. */
  first(): T | null {
    return this.#items[0] ?? null;
  }

  /** Infinity when there is none. */
  firstMs(): number {
    return this.#atMs[0] ?? Infinity;
  }

  take(): { readonly atMs: number; readonly item: T } | null {
    const atMs = this.#atMs[0];
    const item = this.#items[0];
    if (atMs === undefined || item === undefined) return null;
    const last = this.#items.length - 1;
    this.#swap(0, last);
    this.#atMs.pop();
    this.#order.pop();
    this.#items.pop();
    this.#sink(last);
    return { atMs, item };
  }

  #sink(count: number): void {
    for (let place = 0; ;) {
      let first = place;
      const child = 2 * place + 1;
      if (child < count && this.#isBefore(child, first)) first = child;
      if (child + 1 < count && this.#isBefore(child + 1, first)) first = child + 1;
      if (first === place) return;
      this.#swap(place, first);
      place = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#atMs[a] ?? 0;
    const other = this.#atMs[b] ?? 0;
    return one === other ? (this.#order[a] ?? 0) < (this.#order[b] ?? 0) : one < other;
  }

  #swap(a: number, b: number): void {
    const atMs = this.#atMs[a] ?? 0;
    const order = this.#order[a] ?? 0;
    const item = this.#items[a];
    this.#atMs[a] = this.#atMs[b] ?? 0;
    this.#order[a] = this.#order[b] ?? 0;
    this.#items[a] = this.#items[b] as T;
    this.#atMs[b] = atMs;
    this.#order[b] = order;
    this.#items[b] = item as T;
  }
}
