import type { Clock } from './requestBudgets';

interface Reading<T> {
  readonly atMs: number;
  readonly value: Promise<T>;
}

/**
 * What was read for a key, used for so long. The VMs of a round ask side by side: one reading answers all that ask while it is under way, or each
 * would spend the few queries that Azure allows. A reading that failed is no answer to those who ask later.
 */
export class SharedReadings<T> {
  readonly #clock: Clock;
  readonly #ageMaxMs: number;
  readonly #readings = new Map<string, Reading<T>>();

  constructor(clock: Clock, ageMaxMs: number) {
    this.#clock = clock;
    this.#ageMaxMs = ageMaxMs;
  }

  of(key: string, read: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.nowMs();
    const known = this.#readings.get(key);
    if (known !== undefined && nowMs - known.atMs < this.#ageMaxMs) return known.value;
    const reading = { atMs: nowMs, value: read() };
    this.#readings.set(key, reading);
    reading.value.catch(() => {
      if (this.#readings.get(key) === reading) this.#readings.delete(key);
    });
    return reading.value;
  }
}
