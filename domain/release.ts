import { Month } from './ids';
import { addSeconds, earlier, utcOf } from './instants';
import { instantOf } from './localTime';
import type { Policy } from './policy';
import { DAY_MS, DAY_SECONDS, HOUR_MS } from './timeUnits';

/** Microsoft publishes at ten in the morning, Pacific time, on the second Tuesday: «Patch Tuesday». */
const RELEASE_ZONE = 'America/Los_Angeles';
const RELEASE_HOUR = 10;
const TUESDAY = 2;

/** the instant at which the month's patches are released. */
export function releaseOf(month: Month): string {
  return utcOf(releaseMs(month));
}

/** The month of the last release at or before now; in the first days of a month that is the month before. */
export function monthOfLatestRelease(nowUtc: string): Month {
  const month = Month.parse(nowUtc.slice(0, 7));
  return releaseMs(month) <= Date.parse(nowUtc) ? month : monthAfter(month, -1);
}

/** The first release strictly later than this instant. */
export function nextReleaseAfter(utc: string): string {
  return releaseOf(monthAfter(monthOfLatestRelease(utc)));
}

/** a rollout ends 30 days after its release, or when the next release supersedes it, whichever is earlier. */
export function endsUtcOf(month: Month, policy: Pick<Policy, 'rolloutDeadlineSeconds'>): string {
  return earlier(addSeconds(releaseOf(month), policy.rolloutDeadlineSeconds), releaseOf(monthAfter(month)));
}

/** By when the VMs of a rollout should be done. */
export const targetUtcOf = (releasedUtc: string, policy: Pick<Policy, 'forecastTargetDays'>): string =>
  addSeconds(releasedUtc, policy.forecastTargetDays * DAY_SECONDS);

/** The month so many months later; negative for earlier. */
export function monthAfter(month: Month, months = 1): Month {
  const first = new Date(`${month}-01T00:00:00.000Z`);
  first.setUTCMonth(first.getUTCMonth() + months);
  return Month.parse(first.toISOString().slice(0, 7));
}

function releaseMs(month: Month): number {
  const first = Date.parse(`${month}-01T00:00:00.000Z`);
  const daysToTuesday = (TUESDAY - new Date(first).getUTCDay() + 7) % 7;
  return instantOf(RELEASE_ZONE, first + (daysToTuesday + 7) * DAY_MS + RELEASE_HOUR * HOUR_MS);
}
