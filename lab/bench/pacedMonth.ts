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
  /** The longest time in which the process did nothing but one piece of work. */
  readonly longestTurnMs: number;
}

export interface PacedMonth {
  /** Since it was asked last. */
  passed(): Passed;
  stop(): Promise<void>;
}

/** Lets the virtual clock go on with the time of the machine, in the same process and thread as the answers: a rollout works while it is asked. */
export function keepGoing(host: Host): PacedMonth {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let isStopped = false;
  const begunMs = performance.now();
  const fromMs = host.nowMs();
  const cpu = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  let before = { atMs: begunMs, monthMs: fromMs, steps: host.stats.durableSteps, cpu: cpu() };
  const going = (async (): Promise<void> => {
    while (!isStopped) {
      await host.runUntil(new Date(fromMs + (performance.now() - begunMs) * PACE).toISOString());
      await pause(STEP_MS);
    }
  })();
  return {
    passed: () => {
      const { durableSteps } = host.stats;
      const now = { atMs: performance.now(), monthMs: host.nowMs(), steps: durableSteps, cpu: cpu() };
      const passed = {
        wallSeconds: (now.atMs - before.atMs) / 1000,
        monthMinutes: (now.monthMs - before.monthMs) / 60_000,
        durableSteps: now.steps - before.steps,
        cpuSeconds: now.cpu - before.cpu,
        longestTurnMs: delay.max / 1e6,
      };
      delay.reset();
      before = now;
      return passed;
    },
    stop: async () => {
      isStopped = true;
      await going;
      delay.disable();
    },
  };
}
