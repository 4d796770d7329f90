import { addSeconds, later, secondsBetween } from './instants';
import { isOpen, windowAtOrAfter, windowOpeningAfter } from './offPeak';
import type { Policy } from './policy';

type TimesPolicy = Pick<
  Policy,
  'offPeakOpens' | 'offPeakCloses' | 'assessmentEverySeconds' | 'assessmentPollSeconds'
>;

/** An assessment takes some polls: with fewer left of the window it is not begun. */
const POLLS_MIN = 4;

/** may a VM of this zone be assessed now, in its off-peak hours and early enough to end in them? */
export function mayBeAssessed(zone: string, policy: TimesPolicy, nowUtc: string): boolean {
  const window = windowAtOrAfter(zone, policy, nowUtc);
  const left = secondsBetween(nowUtc, window.closesUtc);
  return isOpen(window, nowUtc) && left >= policy.assessmentPollSeconds * POLLS_MIN;
}

/** When a window of this zone opens next. */
export function nextOpeningUtc(zone: string, policy: TimesPolicy, nowUtc: string): string {
  return windowOpeningAfter(zone, policy, nowUtc).opensUtc;
}

/**
 * when a VM is due again that was assessed now; `share` of the period spreads those that are new. VMs of a zone are due together, when
 * its window opens: an hour in which none is due costs nothing.
 */
export function nextAssessmentUtc(zone: string, policy: TimesPolicy, nowUtc: string, share = 1): string {
  const wanted = addSeconds(nowUtc, policy.assessmentEverySeconds * share);
  const { opensUtc } = windowAtOrAfter(zone, policy, wanted);
  return opensUtc > nowUtc ? opensUtc : later(wanted, nowUtc);
}
