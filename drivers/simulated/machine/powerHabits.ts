import { chance } from '../../../domain/seed';
import { monthStartMs, NO_INTERVALS, union, zoneOffsetMs, type Interval, type MonthIndex } from '../calendar';
import { DAY_MS, HOUR_MS } from '../../../domain/timeUnits';
import { RATES } from './normalMonthRates';

/** How the owner of a VM treats its power switch. A fact of the VM, drawn once. */
export type PowerHabit = 'alwaysOn' | 'offAtNight' | 'offAtWeekends' | 'offAWeek' | 'comesAndGoes' | 'parked';

/** The tag by which a fleet file says so. */
export const POWER_HABIT_TAG = 'lowtide-power';

const HABITS = [
  ['offAtNight', RATES.offAtNight],
  ['offAtWeekends', RATES.offAtWeekends],
  ['offAWeek', RATES.offAWeek],
  ['comesAndGoes', RATES.comesAndGoes],
  ['parked', RATES.parked],
] as const satisfies readonly (readonly [PowerHabit, number])[];

export function powerHabitOf(tagged: string | undefined, random: number): PowerHabit {
  const written = tagged?.trim().toLowerCase();
  if (written === 'alwayson') return 'alwaysOn';
  let left = random;
  for (const [habit, share] of HABITS) {
    if (written === undefined ? left < share : written === habit.toLowerCase()) return habit;
    left -= share;
  }
  return 'alwaysOn';
}

/** When a VM with this habit is off: the intervals that start in this month, in order. None is longer than a month. */
export function offIntervals(
  habit: PowerHabit,
  vmSeed: number,
  zone: string,
  month: MonthIndex,
): readonly Interval[] {
  const start = monthStartMs(month);
  const end = monthStartMs(month + 1);
  switch (habit) {
    case 'alwaysOn':
      return NO_INTERVALS;
    case 'parked':
      return [{ fromMs: start, toMs: end }];
    case 'offAWeek': {
      const fromMs = start + Math.floor(chance(vmSeed, 'week', month) * 24) * DAY_MS;
      return [{ fromMs, toMs: fromMs + 7 * DAY_MS }];
    }
    case 'offAtNight':
      return days(start, end).flatMap((day) => night(vmSeed, zone, day));
    case 'offAtWeekends':
      return days(start, end).flatMap((day) => weekend(zone, day));
    case 'comesAndGoes':
      return union(days(start, end).flatMap((day) => absence(vmSeed, day)));
  }
}

function days(start: number, end: number): readonly number[] {
  return Array.from({ length: (end - start) / DAY_MS }, (_, n) => start + n * DAY_MS);
}

/** From eight in the evening to seven in the morning, in three nights of five. */
function night(vmSeed: number, zone: string, day: number): readonly Interval[] {
  if (chance(vmSeed, 'night', day) >= 0.6) return NO_INTERVALS;
  const midnight = day - zoneOffsetMs(zone, day);
  return [{ fromMs: midnight + 20 * HOUR_MS, toMs: midnight + 31 * HOUR_MS }];
}

/** From Friday evening to Monday morning. */
function weekend(zone: string, day: number): readonly Interval[] {
  if (new Date(day).getUTCDay() !== 5) return NO_INTERVALS;
  const midnight = day - zoneOffsetMs(zone, day);
  return [{ fromMs: midnight + 20 * HOUR_MS, toMs: midnight + (3 * 24 + 6) * HOUR_MS }];
}

/** On seven days of ten, off for 2 to 20 hours from some hour on. */
function absence(vmSeed: number, day: number): readonly Interval[] {
  if (chance(vmSeed, 'absent', day) >= 0.7) return NO_INTERVALS;
  const fromMs = day + Math.floor(chance(vmSeed, 'absentFrom', day) * 24) * HOUR_MS;
  return [{ fromMs, toMs: fromMs + (2 + Math.floor(chance(vmSeed, 'absentFor', day) * 18)) * HOUR_MS }];
}
