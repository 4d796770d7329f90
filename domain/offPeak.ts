import { utcOf } from './instants';
import { instantOf } from './localTime';
import type { Policy } from './policy';

/** One window of one time zone. Half open: at `closesUtc` it is closed. */
export interface OffPeakWindow {
  readonly opensUtc: string;
  readonly closesUtc: string;
}

/** The same in milliseconds beside the text, for code that computes with thousands of them. */
export interface OffPeakWindowMs extends OffPeakWindow {
  readonly opensMs: number;
  readonly closesMs: number;
}

export type OffPeakHours = Pick<Policy, 'offPeakOpens' | 'offPeakCloses'>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** the window that contains now, else the next to open. */
export function windowAtOrAfter(zone: string, policy: OffPeakHours, nowUtc: string): OffPeakWindow {
  return withoutMs(windowMsAtOrAfter(zone, policy, Date.parse(nowUtc)));
}

/** The first window that opens later than this instant. Where it is always open, that is when today's 24 hours are over. */
export function windowOpeningAfter(zone: string, policy: OffPeakHours, utc: string): OffPeakWindow {
  return withoutMs(windowMsOpeningAfter(zone, policy, Date.parse(utc)));
}

export function isOpen(window: OffPeakWindow, nowUtc: string): boolean {
  return window.opensUtc <= nowUtc && nowUtc < window.closesUtc;
}

/** `windowAtOrAfter` for an instant in milliseconds. */
export function windowMsAtOrAfter(zone: string, policy: OffPeakHours, nowMs: number): OffPeakWindowMs {
  if (policy.offPeakOpens === policy.offPeakCloses) return windowOf(nowMs, nowMs + DAY_MS);
  return firstWindow(zone, policy, nowMs, (window) => window.closesMs > nowMs);
}

/** `windowOpeningAfter` for an instant in milliseconds. */
export function windowMsOpeningAfter(zone: string, policy: OffPeakHours, afterMs: number): OffPeakWindowMs {
  if (policy.offPeakOpens === policy.offPeakCloses) return windowOf(afterMs + DAY_MS, afterMs + 2 * DAY_MS);
  return firstWindow(zone, policy, afterMs, (window) => window.opensMs > afterMs);
}

/** Local dates run up to 14 h ahead of UTC and 12 h behind, and a window ends a day after it began: three days early is early enough. */
const DAYS_BEFORE = 3;
/** A date that a zone leaves out, or a window that its change of clocks swallows, is followed by an ordinary one. */
const DAYS_AFTER = 4;

function firstWindow(
  zone: string,
  policy: OffPeakHours,
  fromMs: number,
  wanted: (window: OffPeakWindowMs) => boolean,
): OffPeakWindowMs {
  const windows = windowsOf(zone, policy);
  const today = Math.floor(fromMs / DAY_MS);
  for (let day = today - DAYS_BEFORE; day <= today + DAYS_AFTER; day += 1) {
    const window = windows.on(day);
    if (window !== null && wanted(window)) return window;
  }
  throw new RangeError(`no off-peak window of ${zone} within days of ${utcOf(fromMs)}`);
}

interface ZoneWindows {
  /** The window that begins on this local date, in days since 1970; null for one that the change of clocks swallowed. */
  on(day: number): OffPeakWindowMs | null;
}

/** A fleet has some dozen zones. A year of windows of each is about 1.5 MB; beyond this many zones the memory starts afresh. */
const ZONES_MAX = 1_000;
const WINDOWS_MAX = 1_000;
const memory = new Map<string, ZoneWindows>();

function windowsOf(zone: string, policy: OffPeakHours): ZoneWindows {
  const key = `${zone} ${policy.offPeakOpens}${policy.offPeakCloses}`;
  const known = memory.get(key);
  if (known !== undefined) return known;
  if (memory.size >= ZONES_MAX) memory.clear();
  const windows = rememberedWindows(zone, policy);
  memory.set(key, windows);
  return windows;
}

function rememberedWindows(zone: string, policy: OffPeakHours): ZoneWindows {
  const opens = msOfDay(policy.offPeakOpens);
  const closes = msOfDay(policy.offPeakCloses);
  const byDay = new Map<number, OffPeakWindowMs | null>();
  const compute = (day: number): OffPeakWindowMs | null => {
    const opensMs = instantOf(zone, day * DAY_MS + opens);
    const closesMs = instantOf(zone, (closes > opens ? day : day + 1) * DAY_MS + closes);
    return closesMs > opensMs ? windowOf(opensMs, closesMs) : null;
  };
  return {
    on(day) {
      const known = byDay.get(day);
      if (known !== undefined) return known;
      if (byDay.size >= WINDOWS_MAX) byDay.clear();
      const window = compute(day);
      byDay.set(day, window);
      return window;
    },
  };
}

function windowOf(opensMs: number, closesMs: number): OffPeakWindowMs {
  return { opensUtc: utcOf(opensMs), closesUtc: utcOf(closesMs), opensMs, closesMs };
}

function withoutMs({ opensUtc, closesUtc }: OffPeakWindowMs): OffPeakWindow {
  return { opensUtc, closesUtc };
}

function msOfDay(local: string): number {
  const [hours = 0, minutes = 0] = local.split(':').map(Number);
  return (hours * 60 + minutes) * MINUTE_MS;
}
