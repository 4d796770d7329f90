import { shortDay } from '../format';

export interface DayTick {
  /** In percent of the width. */
  readonly x: number;
  readonly label: string;
}

const DAY_MS = 86_400_000;
const TICKS_MAX = 10;
/** Further to the right, in percent, the name of a day has no room. */
const NAMED_UNTIL = 91;

/** The beginnings of days in UTC, of so many days that their names have room. */
export function dayTicks(fromMs: number, untilMs: number): readonly DayTick[] {
  const firstMs = Math.ceil(fromMs / DAY_MS) * DAY_MS;
  const stepMs = Math.max(1, Math.ceil((untilMs - firstMs) / DAY_MS / TICKS_MAX)) * DAY_MS;
  const ticks: DayTick[] = [];
  for (let ms = firstMs; ms < untilMs; ms += stepMs) {
    const x = ((ms - fromMs) / (untilMs - fromMs)) * 100;
    if (x <= NAMED_UNTIL) ticks.push({ x, label: shortDay(new Date(ms).toISOString()) });
  }
  return ticks;
}
