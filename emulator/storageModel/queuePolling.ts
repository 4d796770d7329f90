/**
 * How often the provider looks into one queue (DurableTask.AzureStorage, BackoffPollingHelper): at once when it has put a message in
 * itself or found one, then after 50 ms, and each time about twice as long, up to the longest interval. Its random factor of 0.8 to 1.2 has
 * the mean 1, which is taken here.
 */
export class QueuePolling {
  readonly #intervalMaxMs: number;
  /** Milliseconds after a message at which a queue is looked into again, until the longest interval is reached. */
  readonly #looksMs: readonly number[];
  #lastMs: number;

  constructor(startMs: number, intervalMaxMs: number) {
    this.#lastMs = startMs;
    this.#intervalMaxMs = Math.max(intervalMaxMs, INTERVAL_MIN_MS);
    this.#looksMs = looksUpTo(this.#intervalMaxMs);
  }

  /** Looks that found nothing between what happened last and now; what happens now makes the provider look again. */
  wake(nowMs: number): number {
    const looks = this.#emptyLooks(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    return looks;
  }

  /** The same without waking it. */
  emptyLooksUntil(nowMs: number): number {
    return this.#emptyLooks(nowMs - this.#lastMs);
  }

  #emptyLooks(gapMs: number): number {
    if (gapMs <= 0) return 0;
    const last = this.#looksMs.at(-1) ?? 0;
    if (gapMs < last) return AT_ONCE + this.#looksMs.filter((ms) => ms <= gapMs).length;
    return AT_ONCE + this.#looksMs.length + Math.floor((gapMs - last) / this.#intervalMaxMs);
  }
}

const INTERVAL_MIN_MS = 50;

/** After a message: once because there may be more, and once because the wait had been called off. */
const AT_ONCE = 2;

function looksUpTo(intervalMaxMs: number): number[] {
  const looks: number[] = [];
  let at = 0;
  for (let interval = INTERVAL_MIN_MS, step = INTERVAL_MIN_MS; interval < intervalMaxMs; step *= 2) {
    at += interval;
    looks.push(at);
    interval = INTERVAL_MIN_MS + step;
  }
  return looks.length > 0 ? looks : [intervalMaxMs];
}
