import { useLive, askAllNow, type Live } from '../live';
import { addressOf } from '../router';
import { send, type Problem } from '../send';

/** What a local host says of the rehearsal that it runs, or that it is. */
export interface Rehearsals {
  /** Whether this host is the rehearsal. */
  readonly isItself: boolean;
  readonly fleets: readonly string[];
  readonly scenarios: readonly { readonly name: string; readonly about: string }[];
  readonly running: Running | null;
}

export interface Choice {
  readonly fleet: string;
  readonly scenario: string | null;
  readonly seed: number;
  readonly month?: string;
  readonly speed: number;
}

export interface Running extends Choice {
  readonly state: 'starting' | 'running' | 'waiting' | 'paused' | 'ended' | 'failed';
  readonly url: string | null;
  readonly nowUtc: string | null;
  readonly why: string | null;
}

export const SPEEDS: readonly (readonly [times: number, label: string])[] = [
  [600, 'ten minutes a second'],
  [3_600, 'an hour a second'],
  [14_400, 'four hours a second'],
  [86_400, 'a day a second'],
  [1_000_000, 'as fast as it can'],
];

export const STATES: Readonly<Record<Running['state'], string>> = {
  starting: 'starting',
  running: 'running',
  waiting: 'time stops until a person decides on a halt',
  paused: 'paused',
  ended: 'over',
  failed: 'failed',
};

const EVERY_MS = 1_000;

/** Only a host of this machine has rehearsals: elsewhere nothing is asked for. */
export function useRehearsals(): Live<Rehearsals> {
  const isLocal = /^(127\.0\.0\.1|localhost|\[::1\])$/.test(window.location.hostname);
  return useLive<Rehearsals>(isLocal ? '/rehearsal' : null, EVERY_MS);
}

/** Returns what went wrong; null when nothing did. */
export async function order(
  path: '' | '/pause' | '/resume' | '/speed',
  body: object,
): Promise<Problem | null> {
  const sent = await send('POST', `/rehearsal${path}`, body);
  askAllNow();
  return sent.kind === 'refused' ? sent.problem : null;
}

/** The address that repeats it: everything that the month depends on. */
export function linkOf({ fleet, scenario, seed, month, speed }: Choice): string {
  return (
    window.location.origin +
    addressOf('/rehearsal', {
      rollout: null,
      fleet,
      scenario,
      seed: String(seed),
      month: month ?? null,
      speed: String(speed),
    })
  );
}
