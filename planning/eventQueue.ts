/** Events in the order of their instants; those of one instant in the order in which they were added. A binary heap. */
export class EventQueue<T> {
  readonly #atMs: number[] = [];
  readonly #order: number[] = [];
  readonly #events: T[] = [];
  #added = 0;

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  add(atMs: number, event: T): void {
    let place = this.#events.length;
    const order = this.#added++;
    this.#atMs.push(atMs);
    this.#order.push(order);
    this.#events.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#isBefore(parent, place)) return;
      this.#swap(parent, place);
      place = parent;
    }
  }

  take(): { readonly atMs: number; readonly event: T } | null {
    const atMs = this.#atMs[0];
    const event = this.#events[0];
    if (atMs === undefined || event === undefined) return null;
    const last = this.#events.length - 1;
    this.#swap(0, last);
    this.#atMs.pop();
    this.#order.pop();
    this.#events.pop();
    this.#sink(last);
    return { atMs, event };
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
    const event = this.#events[a];
    this.#atMs[a] = this.#atMs[b] ?? 0;
    this.#order[a] = this.#order[b] ?? 0;
    this.#events[a] = this.#events[b] as T;
    this.#atMs[b] = atMs;
    this.#order[b] = order;
    this.#events[b] = event as T;
  }
}
