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
}

export interface PacedMonth {
  /** Since it was asked last. */
  passed(): Passed;
  stop(): Promise<void>;
}

/** Linux: nanoseconds on a processor, nanoseconds ready to run without one, and how often, of the main thread. */
function waitedSeconds(): number | null {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e9;
  } catch {
    return null; // not on this system
  }
}

/** Lets the virtual clock go on with the time of the machine, in the same process and thread as the answers: a rollout works while it is asked. */
export function keepGoing(host: Host): PacedMonth {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
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
      };
      delay.reset();
      before = now;
      return passed;
    },
    stop: async () => {
      stopped.abort();
      await going;
      delay.disable();
    },
  };
}
