/** Something that is due at an instant. `sequence` keeps the order of creation among equals: a run must be repeatable. */
export interface TimerEntry {
  readonly dueMs: number;
  readonly sequence: number;
  /** Emptied on cancellation, so that a timer months away does not hold what it was for. */
  fire: (() => void) | undefined;
}

/** A binary heap: a month of a fleet keeps tens of thousands of timers open. */
export class TimerHeap {
  readonly #entries: TimerEntry[] = [];
  #created = 0;

  add(dueMs: number, fire: () => void): TimerEntry {
    const entry: TimerEntry = { dueMs, sequence: this.#created, fire };
    this.#created += 1;
    let at = this.#entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
    return entry;
  }

  /** The instant of the first timer that was not cancelled. */
  nextDueMs(): number | undefined {
    for (let first = this.#entries[0]; first; first = this.#entries[0]) {
      if (first.fire) return first.dueMs;
      this.#removeFirst();
    }
    return undefined;
  }

  /** Takes the first timer out if it is due at `nowMs`. */
  takeDue(nowMs: number): TimerEntry | undefined {
    const next = this.nextDueMs();
    return next !== undefined && next <= nowMs ? this.#removeFirst() : undefined;
  }

  #removeFirst(): TimerEntry | undefined {
    const first = this.#entries[0];
    const last = this.#entries.pop();
    if (last && last !== first) {
      this.#entries[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#entries.length && this.#before(child, least)) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const left = this.#entries[a];
    const right = this.#entries[b];
    if (!left || !right) return false;
    return left.dueMs === right.dueMs ? left.sequence < right.sequence : left.dueMs < right.dueMs;
  }

  #swap(a: number, b: number): void {
    const left = this.#entries[a];
    const right = this.#entries[b];
    if (!left || !right) return;
    this.#entries[a] = right;
    this.#entries[b] = left;
  }
}
