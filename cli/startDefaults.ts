/** At this speed a day takes at least 0.09 s: what a month takes is the work in it. */
export const START_DEFAULTS = {
  fleet: 'fleets/contoso.json',
  speed: 1_000_000,
  port: 7071,
  seed: 1,
} as const;

/** A command that is to look there needs no --url. */
export const LOOK_BASE_URL = `http://127.0.0.1:${START_DEFAULTS.port}`;
