import { utcOf } from './instants';
import { instantOf } from './localTime';
import { partsOfCalendar, WEEKDAYS, type OwnWindows, type WindowsPolicy } from './ownWindows';
import type { Policy } from './policy';
import { remembered } from './remembered';
import { DAY_MS, MINUTE_MS } from './timeUnits';

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

/** The hours of the fleet, and those of VMs that have their own. What is asked is a calendar: a time zone, or one with a name (`calendarOf`). */
export type OffPeakHours = Pick<Policy, 'offPeakOpens' | 'offPeakCloses'> & WindowsPolicy;

/** the window that contains now, the last of them to close, else the next to open. */
export function windowAtOrAfter(calendar: string, policy: OffPeakHours, nowUtc: string): OffPeakWindow {
  return withoutMs(windowMsAtOrAfter(calendar, policy, Date.parse(nowUtc)));
}

/**
 * The first window that opens later than this instant, and closes later than `fromUtc`. Where it is always open, that is when today's 24 hours are
 * over.
 */
export function windowOpeningAfter(
  calendar: string,
  policy: OffPeakHours,
  utc: string,
  fromUtc = utc,
): OffPeakWindow {
  return withoutMs(windowMsOpeningAfter(calendar, policy, Date.parse(utc), Date.parse(fromUtc)));
}

/** When the first of the windows of so many calendars opens that opens after this instant; where it is always open, at once. Null: of none. */
export function firstOpeningUtc(
  calendars: Iterable<string>,
  policy: OffPeakHours,
  utc: string,
): string | null {
  let first: string | null = null;
  for (const calendar of calendars) {
    const opensUtc = isAlwaysOpen(calendar, policy)
      ? utc
      : windowOpeningAfter(calendar, policy, utc).opensUtc;
    if (first === null || opensUtc < first) first = opensUtc;
  }
  return first;
}

export function isOpen(window: OffPeakWindow, nowUtc: string): boolean {
  return window.opensUtc <= nowUtc && nowUtc < window.closesUtc;
}

/** `windowAtOrAfter` for an instant in milliseconds. */
export function windowMsAtOrAfter(calendar: string, policy: OffPeakHours, nowMs: number): OffPeakWindowMs {
  if (isAlwaysOpen(calendar, policy)) return windowOf(nowMs, nowMs + DAY_MS);
  const first = firstWindow(calendar, policy, nowMs, (window) => window.closesMs > nowMs);
  const { maybeSeveral, on } = windowsOf(calendar, policy);
  if (!maybeSeveral || first.opensMs > nowMs) return first;
  const today = Math.floor(nowMs / DAY_MS);
  let last = first;
  for (let day = today - DAYS_BEFORE; day <= today + 1; day += 1)
    for (const window of on(day))
      if (window.opensMs <= nowMs && window.closesMs > last.closesMs) last = window;
  return last;
}

/** `windowOpeningAfter` for an instant in milliseconds. */
export function windowMsOpeningAfter(
  calendar: string,
  policy: OffPeakHours,
  afterMs: number,
  fromMs = afterMs,
): OffPeakWindowMs {
  if (isAlwaysOpen(calendar, policy)) return windowOf(afterMs + DAY_MS, afterMs + 2 * DAY_MS);
  const isWanted = ({ opensMs, closesMs }: OffPeakWindowMs): boolean =>
    opensMs > afterMs && closesMs > fromMs;
  return firstWindow(calendar, policy, Math.max(afterMs, fromMs), isWanted);
}

/** Equal hours of the fleet mean: always open. */
export function isAlwaysOpen(calendar: string, policy: OffPeakHours): boolean {
  return policy.offPeakOpens === policy.offPeakCloses && ownWindowsIn(calendar, policy) === undefined;
}

function ownWindowsIn(calendar: string, { ownWindows = [] }: OffPeakHours): OwnWindows | undefined {
  if (ownWindows.length === 0) return undefined;
  const { name } = partsOfCalendar(calendar);
  return name === null ? undefined : ownWindows.find((own) => own.name === name);
}

/** Local dates run up to 14 h ahead of UTC and 12 h behind, and a window ends a day after it began: three days early is early enough. */
const DAYS_BEFORE = 3;
/** Windows of one day of the week come after seven days; one that a change of clocks swallows, after another seven. */
const DAYS_AFTER = 16;

function firstWindow(
  calendar: string,
  policy: OffPeakHours,
  fromMs: number,
  wanted: (window: OffPeakWindowMs) => boolean,
): OffPeakWindowMs {
  const windows = windowsOf(calendar, policy);
  const today = Math.floor(fromMs / DAY_MS);
  for (let day = today - DAYS_BEFORE; day <= today + DAYS_AFTER; day += 1) {
    for (const window of windows.on(day)) if (wanted(window)) return window;
  }
  throw new RangeError(`no off-peak window of ${calendar} within days of ${utcOf(fromMs)}`);
}

interface CalendarWindows {
  /** Whether a window may begin before the one before it closes. */
  readonly maybeSeveral: boolean;
  /**
   * The windows that begin on this local date, in days since 1970, the first to open first, and of two that open together the longer one: one of a policy may
   * lie in another. None where the change of clocks swallowed it.
   */
  readonly on: (day: number) => readonly OffPeakWindowMs[];
}

/** A fleet has some dozen zones. A year of windows of each is about 1.5 MB; beyond this many zones the memory starts afresh. */
const ZONES_MAX = 1_000;
const WINDOWS_MAX = 1_000;
const memory = new Map<string, CalendarWindows>();
/** What own windows say, as text: the same name may say something else in another policy. */
const texts = new WeakMap<OwnWindows, string>();

/** Of a policy that is asked again and again, as a plan does, without the text by which the memory knows them. */
const byPolicy = new WeakMap<OffPeakHours, (calendar: string) => CalendarWindows>();

function windowsOf(calendar: string, policy: OffPeakHours): CalendarWindows {
  let ofPolicy = byPolicy.get(policy);
  if (ofPolicy === undefined) {
    ofPolicy = remembered((each) => windowsByText(each, policy), ZONES_MAX);
    byPolicy.set(policy, ofPolicy);
  }
  return ofPolicy(calendar);
}

function windowsByText(calendar: string, policy: OffPeakHours): CalendarWindows {
  const own = ownWindowsIn(calendar, policy);
  const key = `${calendar} ${own === undefined ? policy.offPeakOpens + policy.offPeakCloses : textOf(own)}`;
  const known = memory.get(key);
  if (known !== undefined) return known;
  if (memory.size >= ZONES_MAX) memory.clear();
  const { zone } = partsOfCalendar(calendar);
  const hours: OwnWindows['open'] = own?.open ?? [
    { opens: policy.offPeakOpens, closes: policy.offPeakCloses },
  ];
  const windows = rememberedWindows(zone, hours);
  memory.set(key, windows);
  return windows;
}

function textOf(own: OwnWindows): string {
  const known = texts.get(own) ?? JSON.stringify(own.open);
  texts.set(own, known);
  return known;
}

function rememberedWindows(zone: string, hours: OwnWindows['open']): CalendarWindows {
  const byDay = new Map<number, readonly OffPeakWindowMs[]>();
  const compute = (day: number): readonly OffPeakWindowMs[] => {
    const weekday = WEEKDAYS[new Date(day * DAY_MS).getUTCDay()] ?? 'sun';
    return hours
      .filter(({ days }) => days?.includes(weekday) ?? true)
      .flatMap((one) => {
        const [opens, closes] = [msOfDay(one.opens), msOfDay(one.closes)];
        const opensMs = instantOf(zone, day * DAY_MS + opens);
        const closesMs = instantOf(zone, (closes > opens ? day : day + 1) * DAY_MS + closes);
        return closesMs > opensMs ? [windowOf(opensMs, closesMs)] : [];
      })
      .sort((a, b) => a.opensMs - b.opensMs || b.closesMs - a.closesMs);
  };
  return {
    maybeSeveral: hours.length > 1,
    on: (day) => {
      const known = byDay.get(day);
      if (known !== undefined) return known;
      if (byDay.size >= WINDOWS_MAX) byDay.clear();
      const windows = compute(day);
      byDay.set(day, windows);
      return windows;
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
