import { fnv1a } from './fnv';

/** A timer is a queue message, and its delay is cut to whole seconds. */
const WHOLE_SECOND_MS = 1000;

/** How long an episode of the real host takes that finds its timer early and asks for the same instant again (20 a second). */
const EMPTY_EPISODE_MS = 50;

/**
 * When a timer fires that is due at `dueMs`: up to a second early, the same for the same timer in every run. With less than a second left
 * there is no delay at all: an orchestrator that asks for the same instant again is woken up 20 times a second until it has come.
 */
export function firesAtMs(timer: string, nowMs: number, dueMs: number): number {
  const leftMs = dueMs - nowMs;
  if (leftMs < WHOLE_SECOND_MS) return nowMs + Math.max(0, Math.min(leftMs, EMPTY_EPISODE_MS));
  return dueMs - (fnv1a(timer) % WHOLE_SECOND_MS);
}
