/** The real host fails the call, and restarts the worker process with everything else that runs in it. */
export class FunctionTimeout extends Error {
  constructor(functionName: string, timeoutMs: number) {
    super(`Timeout value of ${timeSpan(timeoutMs)} was exceeded by function: Functions.${functionName}`);
    this.name = 'FunctionTimeout';
  }
}

interface Call {
  readonly endsAtMs: number;
  readonly expire: () => void;
}

/**
 * `functionTimeout` of host.json, in wall time: under the virtual clock no time passes while a function runs. All calls may take equally
 * long, so the first to begin is the first to expire, and one timer serves them all.
 */
export class TimeLimit {
  readonly #timeoutMs: number | undefined;
  /** The calls under way, in the order in which they began. */
  readonly #calls = new Set<Call>();
  #isTimerSet = false;

  /** Undefined: calls may take as long as they like. */
  constructor(timeoutMs: number | undefined) {
    this.#timeoutMs = timeoutMs;
  }

  watch<T>(functionName: string, work: Promise<T>): Promise<T> {
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs === undefined) return work;
    return new Promise((resolve, reject) => {
      const call: Call = {
        endsAtMs: performance.now() + timeoutMs,
        expire: () => {
          reject(new FunctionTimeout(functionName, timeoutMs));
        },
      };
      this.#calls.add(call);
      if (!this.#isTimerSet) this.#ringIn(timeoutMs);
      work.then(
        (value) => {
          this.#calls.delete(call);
          resolve(value);
        },
        () => {
          this.#calls.delete(call);
          resolve(work);
        },
      );
    });
  }

  /** It keeps no process alive: who waits for a call has something else that does. */
  #ringIn(ms: number): void {
    this.#isTimerSet = true;
    setTimeout(() => {
      this.#isTimerSet = false;
      const nowMs = performance.now();
      for (const call of this.#calls) {
        if (call.endsAtMs > nowMs) {
          this.#ringIn(call.endsAtMs - nowMs);
          return;
        }
        this.#calls.delete(call);
        call.expire();
      }
    }, ms).unref();
  }
}

function timeSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
