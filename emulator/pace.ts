import type { Clock } from './clock';
import type { Engine } from './engine/engine';

/** Wakes up at least this often; setTimeout takes no more than 24.8 days. */
const SLEEP_MAX_MS = 3_600_000;

export interface Driver {
  stop(): Promise<void>;
}

/**
 * Jumps from event to event, up to and including `utc`. Before each jump the event loop makes a turn: sockets and signals are served, and what a failed
 * call of an activity left under way comes to its end at the instant at which it began, not wherever the clock is by then.
 */
export async function runVirtualUntil(engine: Engine, clock: Clock, utc: string): Promise<void> {
  const untilMs = Date.parse(utc);
  if (Number.isNaN(untilMs)) throw new Error(`runUntil needs an instant in ISO 8601, not "${utc}".`);
  for (;;) {
    await untilQuiet(engine);
    const dueMs = engine.timers.nextDueMs();
    if (dueMs === undefined || dueMs > untilMs) break;
    clock.jump(dueMs);
    engine.fireDue();
  }
  clock.jump(untilMs);
}

/** The engine counts a call until it has answered or failed; the rest of a call that failed shows only when it makes new work. */
export async function untilQuiet(engine: Engine): Promise<void> {
  do {
    await engine.untilIdle();
    await new Promise((resolve) => setImmediate(resolve));
  } while (!engine.isIdle);
}

/** Keeps a real or sped-up clock going: sleeps until something is due or something changes. */
export function driveClock(engine: Engine, clock: Clock): Driver {
  if (clock.kind === 'virtual') return { stop: () => engine.halt() };
  let stopped = false;
  const isStopped = (): boolean => stopped;
  const alarm = new Alarm(engine);
  const loop = async (): Promise<void> => {
    while (!isStopped() && !engine.brokenBy) {
      clock.stop();
      engine.fireDue();
      await (clock.kind === 'spedUp' ? engine.untilIdle() : engine.runNow());
      // The stop wakes this loop once, and that may have been just now.
      if (isStopped()) return;
      const dueMs = engine.timers.nextDueMs();
      clock.flow(dueMs);
      if (engine.hasWork) continue;
      alarm.ringIn(dueMs === undefined ? SLEEP_MAX_MS : clock.wallMsUntil(dueMs));
      await engine.changed();
    }
  };
  const running = loop()
    .catch(() => undefined)
    .finally(() => {
      alarm.off();
    });
  return {
    stop: async () => {
      stopped = true;
      await engine.halt();
      await running;
    },
  };
}

/** Wakes the engine when something is due. One that is set to ring too early is left as it is: the loop then only looks, and sets it again. */
class Alarm {
  readonly #engine: Engine;
  #timer: NodeJS.Timeout | undefined;
  #ringsAtMs = Infinity;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  ringIn(wallMs: number): void {
    const atMs = performance.now() + wallMs;
    if (atMs >= this.#ringsAtMs) return;
    clearTimeout(this.#timer);
    this.#ringsAtMs = atMs;
    this.#timer = setTimeout(
      () => {
        this.#ringsAtMs = Infinity;
        this.#engine.wake();
      },
      Math.min(Math.ceil(wallMs), SLEEP_MAX_MS),
    );
  }

  off(): void {
    clearTimeout(this.#timer);
  }
}
