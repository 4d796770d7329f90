import { IANAZone } from 'luxon';
import { DAY_MS, MINUTE_MS } from './timeUnits';

/** Milliseconds of a wall clock that knows no zone: what `Date.UTC` of the date and time on the clock says. */
export type WallClockMs = number;

/**
 * The instant (ms) at which clocks in the zone show this time. A time that does not exist moves forward by the gap; one that comes
 * twice is its first occurrence. luxon itself leaves the second case to the offset of the day it is asked on.
 */
export function instantOf(zone: string, wallClock: WallClockMs): number {
  const before = wallClock - offsetMs(zone, wallClock - DAY_MS);
  const after = wallClock - offsetMs(zone, wallClock + DAY_MS);
  const shown = [before, after].filter((instant) => instant + offsetMs(zone, instant) === wallClock);
  return shown.length === 0 ? before : Math.min(...shown);
}

function offsetMs(zone: string, instant: number): number {
  const offset = IANAZone.create(zone).offset(instant);
  if (Number.isNaN(offset))
    throw new RangeError(`«${zone}» is no IANA time zone; names are checked by timeZoneOf`);
  return offset * MINUTE_MS;
}
