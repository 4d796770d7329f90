import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Host } from '../../emulator/host';

/** So much faster than real time the month goes on while the app is asked: what a window of eight hours has to do is done in eight minutes. */
export const PACE = 60;
/** Requests are answered between two steps of the clock, and while a step is under way. */
const STEP_MS = 20;

/** What the app did beside the answers. */
export interface Passed {
  readonly wallSeconds: number;
  readonly monthMinutes: number;
  /** Activities, entity operations and events of orchestrations. */
  readonly durableSteps: number;
  readonly cpuSeconds: number;
  /** So long the main thread could have run, and other processes had its processor; null where the system does not say. */
  readonly waitedSeconds: number | null;
  /** The longest time in which the process did nothing but one piece of work. */
  readonly longestTurnMs: number;
  /** The most that the main thread was on a processor between two looks that were to be 5 ms apart: a turn, whatever other processes did meanwhile. */
  readonly longestTurnCpuMs: number | null;
}

export interface PacedMonth {
  /** Since it was asked last. */
  passed(): Passed;
  stop(): Promise<void>;
}

/** Linux: nanoseconds on a processor, nanoseconds ready to run without one, and how often, of the main thread. */
function schedule(): { readonly ranMs: number; readonly waitedSeconds: number } | null {
  try {
    const [ran, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ').map(Number);
    return { ranMs: (ran ?? NaN) / 1e6, waitedSeconds: (waited ?? NaN) / 1e9 };
  } catch {
    return null; // not on this system
  }
}

const waitedSeconds = (): number | null => schedule()?.waitedSeconds ?? null;

const LOOK_MS = 5;

/** Looks again and again how long the main thread was on a processor since the look before. */
class TurnWatch {
  readonly #timer: NodeJS.Timeout;
  #lastMs = schedule()?.ranMs ?? null;
  #longestMs = 0;

  constructor() {
    this.#timer = setInterval(() => {
      const ranMs = schedule()?.ranMs ?? null;
      if (ranMs !== null && this.#lastMs !== null)
        this.#longestMs = Math.max(this.#longestMs, ranMs - this.#lastMs);
      this.#lastMs = ranMs;
    }, LOOK_MS);
  }

  /** Since it was taken last. */
  takeLongestMs(): number | null {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return this.#lastMs === null ? null : longestMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Lets the virtual clock go on with the time of the machine, in the same process and thread as the answers: a rollout works while it is asked. */
export function keepGoing(host: Host): PacedMonth {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const turns = new TurnWatch();
  const stopped = new AbortController();
  const begunMs = performance.now();
  const fromMs = host.nowMs();
  const cpu = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  let before = {
    atMs: begunMs,
    monthMs: fromMs,
    steps: host.stats.durableSteps,
    cpu: cpu(),
    waited: waitedSeconds(),
  };
  const going = (async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await host.runUntil(new Date(fromMs + (performance.now() - begunMs) * PACE).toISOString());
      await pause(STEP_MS);
    }
  })();
  return {
    passed: () => {
      const { durableSteps } = host.stats;
      const now = {
        atMs: performance.now(),
        monthMs: host.nowMs(),
        steps: durableSteps,
        cpu: cpu(),
        waited: waitedSeconds(),
      };
      const passed = {
        wallSeconds: (now.atMs - before.atMs) / 1000,
        monthMinutes: (now.monthMs - before.monthMs) / 60_000,
        durableSteps: now.steps - before.steps,
        cpuSeconds: now.cpu - before.cpu,
        waitedSeconds: now.waited === null || before.waited === null ? null : now.waited - before.waited,
        longestTurnMs: delay.max / 1e6,
        longestTurnCpuMs: turns.takeLongestMs(),
      };
      delay.reset();
      before = now;
      return passed;
    },
    stop: async () => {
      stopped.abort();
      await going;
      delay.disable();
      turns.stop();
    },
  };
}
