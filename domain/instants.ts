import { remembered } from './remembered';
import { DAY_SECONDS, SECOND_MS } from './timeUnits';

/** Arithmetic with instants (`Utc` in ids.ts). Pure: nothing in here asks a clock. */

/** Thousands of VMs are looked at in one instant, and what is put off is put off to common ones: four of five are known (10,000 VMs). */
const WRITTEN_MAX = 2_000;

/** An instant given in milliseconds since 1970, as text. */
export const utcOf = remembered((instantMs: number) => new Date(instantMs).toISOString(), WRITTEN_MAX);

/** The instant so many seconds later; earlier for a negative number. */
export function addSeconds(utc: string, seconds: number): string {
  return utcOf(Date.parse(utc) + seconds * SECOND_MS);
}

/** Whether what begins with YYYY-MM-DD names a day there is: `Date.parse` takes 2026-02-30 for the 2nd of March. */
export function isCalendarDay(written: string): boolean {
  const day = written.slice(0, 10);
  const ms = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(ms) && utcOf(ms).startsWith(day);
}

/** Seconds from one instant to another; negative when the second is the earlier one. */
export function secondsBetween(fromUtc: string, toUtc: string): number {
  return (Date.parse(toUtc) - Date.parse(fromUtc)) / SECOND_MS;
}

/** The same in days of 24 hours. */
export function daysBetween(fromUtc: string, toUtc: string): number {
  return secondsBetween(fromUtc, toUtc) / DAY_SECONDS;
}

/** For sorting. */
export const inOrderOfTime = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const earlier = (a: string, b: string): string => (a < b ? a : b);

export const later = (a: string, b: string): string => (a > b ? a : b);
