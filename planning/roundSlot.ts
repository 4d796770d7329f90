import { addSeconds, earlier, later } from '../domain/instants';
import {
  isAlwaysOpen,
  windowAtOrAfter,
  windowOpeningAfter,
  type OffPeakHours,
  type OffPeakWindow,
} from '../domain/offPeak';
import type { Policy } from '../domain/policy';

/** When one round may run: instants in UTC. */
export interface RoundSlot {
  /** Now, when the window is open already. */
  readonly opensUtc: string;
  /** A claim later than this is not worth having: the VMs have to be assessed first. */
  readonly acquireByUtc: string;
  /** No install starts after this: it could not do its work before the window closes. */
  readonly startByUtc: string;
  readonly closesUtc: string;
}

type SlotPolicy = OffPeakHours &
  Pick<Policy, 'installMinimumSeconds' | 'rebootReserveSeconds' | 'assessmentPollSeconds'>;

/** Windows to look ahead: zones of one round open within the hour of each other; own windows may be too short on all days but one. */
const WINDOWS_MAX = 14;

/** Polls that an assessment usually takes. */
const ASSESSMENT_POLLS = 2;

/**
 * The first window that all the given time zones share and that leaves room for an install. Null when there is none before
 * `endsUtc`. With `freshAfterUtc`, only windows that open after it count.
 */
export function roundSlot(
  timeZones: readonly string[],
  when: { readonly nowUtc: string; readonly freshAfterUtc: string | null; readonly endsUtc: string },
  policy: SlotPolicy,
): RoundSlot | null {
  const { nowUtc, freshAfterUtc, endsUtc } = when;
  let fromUtc = nowUtc;
  for (let window = 0; window < WINDOWS_MAX; window += 1) {
    const windows = timeZones.map((zone) => windowFrom(zone, fromUtc, freshAfterUtc, policy));
    const opensUtc = windows.map((window) => window.opensUtc).reduce(later, nowUtc);
    const closesUtc = windows.map((window) => window.closesUtc).reduce(earlier, endsUtc);
    if (opensUtc >= endsUtc) return null;
    const startByUtc = addSeconds(closesUtc, -(policy.rebootReserveSeconds + policy.installMinimumSeconds));
    const acquireByUtc = addSeconds(startByUtc, -policy.assessmentPollSeconds * ASSESSMENT_POLLS);
    if (opensUtc < acquireByUtc) return { opensUtc, acquireByUtc, startByUtc, closesUtc };
    fromUtc = closesUtc > fromUtc ? closesUtc : opensUtc;
  }
  return null;
}

function windowFrom(
  zone: string,
  fromUtc: string,
  freshAfterUtc: string | null,
  policy: SlotPolicy,
): OffPeakWindow {
  const window = windowAtOrAfter(zone, policy, fromUtc);
  if (freshAfterUtc === null || isAlwaysOpen(zone, policy) || window.opensUtc > freshAfterUtc) return window;
  return windowOpeningAfter(zone, policy, freshAfterUtc, fromUtc);
}
