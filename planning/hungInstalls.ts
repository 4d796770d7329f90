import type { Policy } from '../domain/policy';
import { ASSESSMENT_MINUTES } from './estimate';
import type { Granted } from './scheduleState';

/** Of so many installations one does not end by itself, as in the simulated months. */
export const INSTALLS_PER_HANG = 2_000;

const [SECOND_MS, MINUTE_MS] = [1_000, 60_000];

/** Installations that do not end by themselves. One is given up when its time is over; until then its round has not ended, nor its batch. */
export class HungInstalls {
  readonly #policy: Policy;
  /** Installations since the last one. */
  #installs = 0;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /** Whether one of those that start now hangs: the first, and those that do not. */
  among(granted: readonly Granted[]): { readonly hung: Granted | null; readonly others: readonly Granted[] } {
    for (const [, count] of granted) this.#installs += count;
    const [first, ...rest] = granted;
    if (this.#installs < INSTALLS_PER_HANG || first === undefined) return { hung: null, others: granted };
    this.#installs -= INSTALLS_PER_HANG;
    const [family, count] = first;
    return { hung: [family, 1], others: count > 1 ? [[family, count - 1], ...rest] : rest };
  }

  /** It may take as long as an installation at most, and no longer than the window, in which nothing starts after `lastStartMs`. */
  untilMs(startMs: number, lastStartMs: number): number {
    const { installMaximumSeconds, installMinimumSeconds, soakSeconds } = this.#policy;
    const longestMs = startMs + installMaximumSeconds * SECOND_MS;
    const windowMs = lastStartMs + installMinimumSeconds * SECOND_MS;
    return ASSESSMENT_MINUTES * MINUTE_MS + Math.min(longestMs, windowMs) + soakSeconds * SECOND_MS;
  }
}
