import { DateTime } from 'luxon';
import type { OffPeak } from './auditInput';

/** Half open, in milliseconds. */
export interface Window {
  readonly opens: number;
  readonly closes: number;
}

const DAY = 86_400_000;

/** Zones are up to 14 hours from UTC and a window lasts into the next day. */
const DAYS_MARGIN = 3;

/** The off-peak windows of time zones over a stretch of time, worked out once a zone. */
export class OffPeakWindows {
  readonly #byZone = new Map<string, readonly Window[]>();

  readonly #offPeak: OffPeak;
  readonly #from: number;
  readonly #until: number;

  constructor(offPeak: OffPeak, from: number, until: number) {
    this.#offPeak = offPeak;
    this.#from = from;
    this.#until = until;
  }

  /** The window an instant lies in; null when it is not off-peak there. */
  at(zone: string, instant: number): Window | null {
    if (this.#offPeak.opens === this.#offPeak.closes) return { opens: -Infinity, closes: Infinity };
    const windows = this.#of(zone);
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
  outside(zone: string, start: number, end: number): number {
    if (this.#offPeak.opens === this.#offPeak.closes) return 0;
    let outside = end - start;
    for (const { opens, closes } of this.#of(zone))
      outside -= Math.max(0, Math.min(end, closes) - Math.max(start, opens));
    return outside;
  }

  #of(zone: string): readonly Window[] {
    let windows = this.#byZone.get(zone);
    if (windows === undefined) this.#byZone.set(zone, (windows = this.#workOut(zone)));
    return windows;
  }

  #workOut(zone: string): Window[] {
    const windows: Window[] = [];
    const last = DateTime.fromMillis(this.#until + DAYS_MARGIN * DAY, { zone: 'UTC' });
    let date = DateTime.fromMillis(this.#from - DAYS_MARGIN * DAY, { zone: 'UTC' }).startOf('day');
    for (; date <= last; date = date.plus({ days: 1 })) {
      const { opens, closes } = this.#offPeak;
      const window = {
        opens: instantOf(zone, date, opens),
        closes: instantOf(zone, closes > opens ? date : date.plus({ days: 1 }), closes),
      };
      // A change of clocks may swallow a short window.
      if (window.closes > window.opens) windows.push(window);
    }
    return windows;
  }
}

/** A wall-clock time that does not exist moves forward by the gap (luxon's way); one that comes twice is its first occurrence. */
function instantOf(zone: string, date: DateTime, time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const { year, month, day } = date;
  const local = DateTime.fromObject({ year, month, day, hour, minute }, { zone });
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()));
}
