import { TimeQueue } from '../../collections/timeQueue';

/** Something that is due at an instant. */
export interface TimerEntry {
  readonly dueMs: number;
  /** Emptied on cancellation, so that a timer months away does not hold what it was for. */
  fire: (() => void) | undefined;
}

/** The open timers, in the order of their instants and of their creation: a month of a fleet keeps tens of thousands of them open. */
export class TimerQueue {
  readonly #entries = new TimeQueue<TimerEntry>();

  add(dueMs: number, fire: () => void): TimerEntry {
    const entry: TimerEntry = { dueMs, fire };
    this.#entries.add(dueMs, entry);
    return entry;
  }

  /** The instant of the first timer that was not cancelled. */
  nextDueMs(): number | undefined {
    for (let first = this.#entries.first(); first; first = this.#entries.first()) {
      if (first.fire) return first.dueMs;
      this.#entries.take();
    }
    return undefined;
  }

  /** Takes the first timer out if it is due at `nowMs`. */
  takeDue(nowMs: number): TimerEntry | undefined {
    const next = this.nextDueMs();
    return next !== undefined && next <= nowMs ? this.#entries.take()?.item : undefined;
  }
}
