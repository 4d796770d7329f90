import { IANAZone } from 'luxon';
import { Month } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import { DAY_MS, MINUTE_MS } from '../../domain/timeUnits';

/** A stretch of time, in epoch milliseconds: from `fromMs` until just before `toMs`. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export const NO_INTERVALS: readonly Interval[] = [];

export function within({ fromMs, toMs }: Interval, ms: number): boolean {
  return fromMs <= ms && ms < toMs;
}

export function isWithinAny(intervals: readonly Interval[], ms: number): boolean {
  for (const interval of intervals) if (within(interval, ms)) return true;
  return false;
}

/** Calendar months in UTC, counted from January of the year 0: dense, so that schedules can be kept by month. */
export type MonthIndex = number;

export function monthIndexOf(ms: number): MonthIndex {
  if (ms === lastAsked.ms) return lastAsked.month;
  const date = new Date(ms);
  lastAsked.ms = ms;
  lastAsked.month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  return lastAsked.month;
}

/** Thousands of VMs are looked at in one instant. */
const lastAsked = { ms: NaN, month: NaN };

export function monthStartMs(month: MonthIndex): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1);
}

const releases = new Map<MonthIndex, number>();

/** The monthly release (second Tuesday, 10:00 Pacific). Kept, because luxon is no tool for a hot path. */
export function releaseMsOf(month: MonthIndex): number {
  const known = releases.get(month);
  if (known !== undefined) return known;
  const written = new Date(monthStartMs(month)).toISOString().slice(0, 7);
  const release = Date.parse(releaseOf(Month.parse(written)));
  releases.set(month, release);
  return release;
}

/** The month of the last release at or before this instant. */
export function releaseMonthAt(ms: number): MonthIndex {
  const month = monthIndexOf(ms);
  return releaseMsOf(month) <= ms ? month : month - 1;
}

/** Days since the last release; the day of the release is day 0. */
export function dayOfRollout(ms: number): number {
  return Math.floor((ms - releaseMsOf(releaseMonthAt(ms))) / DAY_MS);
}

const offsets = new Map<string, number>();

/** What the clocks of the zone are ahead of UTC at the start of this UTC day. On the day the clocks change it is off by the change, which is no matter for schedules. */
export function zoneOffsetMs(zone: string, ms: number): number {
  const day = Math.floor(ms / DAY_MS);
  const key = `${zone} ${day}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const offset = IANAZone.create(zone).offset(day * DAY_MS) * MINUTE_MS;
  offsets.set(key, offset);
  return offset;
}

/** The intervals in order, those that touch or overlap as one. */
export function union(intervals: readonly Interval[]): readonly Interval[] {
  const merged: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last === undefined || next.fromMs > last.toMs) merged.push(next);
    else if (next.toMs > last.toMs) merged[merged.length - 1] = { fromMs: last.fromMs, toMs: next.toMs };
  }
  return merged;
}
