import { addSeconds } from './instants';

/** The sweep comes hourly, and not to the second: what is to be found by it is due this much earlier. */
export const SWEEP_EARLY_SECONDS = 600;

/** When something is due that the sweep is to find which comes so many seconds after an instant. */
export const dueAtSweepUtc = (utc: string, seconds: number): string =>
  addSeconds(utc, seconds - SWEEP_EARLY_SECONDS);
