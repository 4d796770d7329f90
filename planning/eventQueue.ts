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
    const [atMs] = this.#atMs;
    const [event] = this.#events;
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
      for (const child of [2 * place + 1, 2 * place + 2])
        if (child < count && this.#isBefore(child, first)) first = child;
      if (first === place) return;
      this.#swap(place, first);
      place = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one = 0, other = 0] = [this.#atMs[a], this.#atMs[b]];
    return one === other ? (this.#order[a] ?? 0) < (this.#order[b] ?? 0) : one < other;
  }

  #swap(a: number, b: number): void {
    const [atMs = 0, order = 0, event] = [this.#atMs[a], this.#order[a], this.#events[a]];
    this.#atMs[a] = this.#atMs[b] ?? 0;
    this.#order[a] = this.#order[b] ?? 0;
    this.#events[a] = this.#events[b] as T;
    this.#atMs[b] = atMs;
    this.#order[b] = order;
    this.#events[b] = event as T;
  }
}
