import { DateTime } from 'luxon';
import type { OffPeak } from './auditInput';

/** Half open, in milliseconds. */
export interface Night {
  readonly opens: number;
  readonly closes: number;
}

const DAY = 86_400_000;

/** Zones are up to 14 hours from UTC and a night lasts into the next day. */
const DAYS_MARGIN = 3;

/** The off-peak nights of time zones over a stretch of time, worked out once a zone. */
export class OffPeakNights {
  private readonly byZone = new Map<string, readonly Night[]>();

  constructor(
    private readonly offPeak: OffPeak,
    private readonly from: number,
    private readonly until: number,
  ) {}

  /** The night an instant lies in; null when it is not off-peak there. */
  at(zone: string, instant: number): Night | null {
    if (this.offPeak.opens === this.offPeak.closes) return { opens: -Infinity, closes: Infinity };
    const nights = this.of(zone);
    let low = 0;
    let high = nights.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((nights[middle]?.closes ?? Infinity) <= instant) low = middle + 1;
      else high = middle;
    }
    const night = nights[low];
    return night !== undefined && night.opens <= instant ? night : null;
  }

  /** Milliseconds of [start, end) that lie in no night. */
  outside(zone: string, start: number, end: number): number {
    if (this.offPeak.opens === this.offPeak.closes) return 0;
    let outside = end - start;
    for (const { opens, closes } of this.of(zone))
      outside -= Math.max(0, Math.min(end, closes) - Math.max(start, opens));
    return outside;
  }

  private of(zone: string): readonly Night[] {
    let nights = this.byZone.get(zone);
    if (nights === undefined) this.byZone.set(zone, (nights = this.workOut(zone)));
    return nights;
  }

  private workOut(zone: string): Night[] {
    const nights: Night[] = [];
    const last = DateTime.fromMillis(this.until + DAYS_MARGIN * DAY, { zone: 'UTC' });
    let date = DateTime.fromMillis(this.from - DAYS_MARGIN * DAY, { zone: 'UTC' }).startOf('day');
    for (; date <= last; date = date.plus({ days: 1 })) {
      const { opens, closes } = this.offPeak;
      const night = {
        opens: instantOf(zone, date, opens),
        closes: instantOf(zone, closes > opens ? date : date.plus({ days: 1 }), closes),
      };
      // A change of clocks may swallow a short night.
      if (night.closes > night.opens) nights.push(night);
    }
    return nights;
  }
}

/** A wall-clock time that does not exist moves forward by the gap (luxon's way); one that comes twice is its first occurrence. */
function instantOf(zone: string, date: DateTime, time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const { year, month, day } = date;
  const local = DateTime.fromObject({ year, month, day, hour, minute }, { zone });
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()));
}
