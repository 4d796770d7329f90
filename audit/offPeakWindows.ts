import { DateTime } from 'luxon';
import type { AuditOwnWindows, OffPeak } from './auditInput';
import type { Place } from './fleetFacts';

/** Half open, in milliseconds. */
export interface Window {
  readonly opens: number;
  readonly closes: number;
}

type Hours = Pick<Place, 'timeZone' | 'ownWindows'>;

const DAY = 86_400_000;

/** From Monday, as luxon numbers them. */
const DAYS_OF_WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Zones are up to 14 hours from UTC and a window lasts into the next day. */
const DAYS_MARGIN = 3;

/** The off-peak windows of time zones over a stretch of time, worked out once a zone. */
export class OffPeakWindows {
  readonly #byZone = new Map<AuditOwnWindows | null, Map<string, readonly Window[]>>();

  readonly #offPeak: OffPeak;
  readonly #from: number;
  readonly #until: number;

  constructor(offPeak: OffPeak, from: number, until: number) {
    this.#offPeak = offPeak;
    this.#from = from;
    this.#until = until;
  }

  /** The window an instant lies in; null when it is not off-peak there. */
  at(place: Hours, instant: number): Window | null {
    if (this.#isAlwaysOpen(place)) return { opens: -Infinity, closes: Infinity };
    const windows = this.#of(place);
    let low = 0;
    let high = windows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((windows[middle]?.closes ?? Infinity) <= instant) low = middle + 1;
      else high = middle;
    }
    const window = windows[low];
    return window !== undefined && window.opens <= instant ? window : null;
  }

  /** Milliseconds of [start, end) that lie in no window. */
  outside(place: Hours, start: number, end: number): number {
    if (this.#isAlwaysOpen(place)) return 0;
    let outside = end - start;
    for (const { opens, closes } of this.#of(place))
      outside -= Math.max(0, Math.min(end, closes) - Math.max(start, opens));
    return outside;
  }

  #isAlwaysOpen({ ownWindows }: Hours): boolean {
    return ownWindows === null && this.#offPeak.opens === this.#offPeak.closes;
  }

  #of({ timeZone, ownWindows }: Hours): readonly Window[] {
    let zones = this.#byZone.get(ownWindows);
    if (zones === undefined) this.#byZone.set(ownWindows, (zones = new Map<string, readonly Window[]>()));
    let windows = zones.get(timeZone);
    if (windows === undefined) zones.set(timeZone, (windows = this.#workOut(timeZone, ownWindows)));
    return windows;
  }

  #workOut(zone: string, own: AuditOwnWindows | null): Window[] {
    const windows: Window[] = [];
    const hours: AuditOwnWindows['open'] = own?.open ?? [this.#offPeak];
    const last = DateTime.fromMillis(this.#until + DAYS_MARGIN * DAY, { zone: 'UTC' });
    let date = DateTime.fromMillis(this.#from - DAYS_MARGIN * DAY, { zone: 'UTC' }).startOf('day');
    for (; date <= last; date = date.plus({ days: 1 }))
      for (const { opens, closes, days } of hours) {
        if (days !== undefined && !days.includes(DAYS_OF_WEEK[date.weekday - 1] ?? '')) continue;
        const window = {
          opens: instantOf(zone, date, opens),
          closes: instantOf(zone, closes > opens ? date : date.plus({ days: 1 }), closes),
        };
        // A change of clocks may swallow a short window.
        if (window.closes > window.opens) windows.push(window);
      }
    return apart(windows);
  }
}

/** Windows that overlap are one: a policy may name hours of every day, and all of a Saturday. */
function apart(windows: readonly Window[]): Window[] {
  const found: Window[] = [];
  for (const window of [...windows].sort((a, b) => a.opens - b.opens)) {
    const last = found.at(-1);
    if (last === undefined || last.closes <= window.opens) found.push(window);
    else found[found.length - 1] = { opens: last.opens, closes: Math.max(last.closes, window.closes) };
  }
  return found;
}

/** A wall-clock time that does not exist moves forward by the gap (luxon's way); one that comes twice is its first occurrence. */
function instantOf(zone: string, date: DateTime, time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const { year, month, day } = date;
  const local = DateTime.fromObject({ year, month, day, hour, minute }, { zone });
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()));
}
