import { Cron } from 'croner';
import type { RegisteredFunction } from './coreApi';
import type { Engine } from './engine/engine';
import type { Caller } from './functionCaller';

const iso = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');

/** Six-field NCRONTAB in UTC. Both day fields must match when both are given, as in NCrontab. */
function schedule(expression: string): Cron {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 6) {
    throw new Error(
      `The schedule "${expression}" must have six fields: second minute hour day month weekday.`,
    );
  }
  return new Cron(expression, { paused: true, utcOffset: 0, domAndDow: true });
}

/** A schedule may name an app setting as %NAME%. */
function resolveSetting(expression: string): string {
  return expression.replace(/%([^%]+)%/g, (_, name: string) => process.env[name] ?? '');
}

/** When a timer-triggered function fires; it fires nothing by itself. */
export function cronOf({ trigger }: RegisteredFunction): Cron {
  return schedule(resolveSetting(trigger.schedule ?? ''));
}

/** Fires timer-triggered functions on the host's clock, and remembers when each one last fired. */
export class TimerTriggers {
  readonly #engine: Engine;
  readonly #caller: Caller;
  readonly #functions: readonly RegisteredFunction[];
  readonly #extraInputs: (fn: RegisteredFunction) => Record<string, { json: string }>;
  readonly #log: (line: string) => void;
  readonly #crons = new Map<string, Cron>();
  /** What was asked last of each: a function that fires asks twice. */
  readonly #next = new Map<string, { readonly afterMs: number; readonly nextMs: number }>();
  /** The functions that run because they were due, and whether they have been due again since. */
  readonly #runs = new Map<string, { isDueAgain: boolean }>();
  /** By function name, in milliseconds: kept in the journal. */
  readonly lastMs: Map<string, number>;

  constructor(
    engine: Engine,
    caller: Caller,
    functions: readonly RegisteredFunction[],
    extraInputs: (fn: RegisteredFunction) => Record<string, { json: string }>,
    log: (line: string) => void,
    last: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#engine = engine;
    this.#caller = caller;
    this.#functions = functions;
    this.#extraInputs = extraInputs;
    this.#log = log;
    this.lastMs = new Map(last);
    for (const fn of functions) this.#crons.set(fn.name, cronOf(fn));
  }

  /** An occurrence that was missed while the host was down is made up for, once, as with the real host's monitor. */
  start(): void {
    for (const fn of this.#functions) {
      const last = this.lastMs.get(fn.name);
      const missed = last !== undefined && this.#nextMs(fn, last) <= this.#engine.nowMs;
      if (missed || fn.trigger.runOnStartup === true) this.#fire(fn, missed);
      this.#plan(fn);
    }
  }

  /** Runs the function once, now, outside of its schedule. */
  async invoke(fn: RegisteredFunction, isPastDue = false): Promise<void> {
    const now = this.#engine.nowMs;
    const last = this.lastMs.get(fn.name);
    const trigger = JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: last === undefined ? '0001-01-01T00:00:00+00:00' : iso(last),
        Next: iso(this.#nextMs(fn, now)),
        LastUpdated: last === undefined ? '0001-01-01T00:00:00+00:00' : iso(last),
      },
      IsPastDue: isPastDue,
    });
    this.lastMs.set(fn.name, now);
    this.#engine.touch();
    try {
      await this.#engine.during(() =>
        this.#caller.throughWorker(fn, { trigger: { json: trigger }, extra: this.#extraInputs(fn) }),
      );
    } catch (error) {
      this.#log(
        `error: ${fn.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }

  /**
   * Never beside itself: what is missed during a run is made up for once, right after it. `isPastDue` stays false then, as with the real host's
   * listener, which says so only of what it missed while it was down.
   */
  #fire(fn: RegisteredFunction, isPastDue: boolean): void {
    const before = this.#runs.get(fn.name);
    if (before !== undefined) {
      before.isDueAgain = true;
      return;
    }
    const run = { isDueAgain: false };
    this.#runs.set(fn.name, run);
    this.#engine.stats.timersFired += 1;
    void this.invoke(fn, isPastDue).then(() => {
      this.#runs.delete(fn.name);
      if (run.isDueAgain) this.#fireNow(fn);
    });
  }

  /** By the host's clock, which a host that has stopped no longer looks at. */
  #fireNow(fn: RegisteredFunction): void {
    this.#engine.timers.add(this.#engine.nowMs, () => {
      this.#fire(fn, false);
    });
    this.#engine.wake();
  }

  #plan(fn: RegisteredFunction): void {
    this.#engine.timers.add(this.#nextMs(fn, this.#engine.nowMs), () => {
      this.#fire(fn, false);
      this.#plan(fn);
    });
  }

  #nextMs(fn: RegisteredFunction, afterMs: number): number {
    const known = this.#next.get(fn.name);
    if (known?.afterMs === afterMs) return known.nextMs;
    const nextMs = this.#crons.get(fn.name)?.nextRun(new Date(afterMs))?.getTime() ?? Infinity;
    this.#next.set(fn.name, { afterMs, nextMs });
    return nextMs;
  }
}
