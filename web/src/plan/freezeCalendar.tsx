import type { JSX } from 'preact';
import type { Freeze } from './freeze';
import { day as dayName, shortDay } from '../format';

const DAY_MS = 86_400_000;
const WEEKS = 9;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

interface CalendarProps {
  readonly month: string;
  /** Null until it is known. */
  readonly todayUtc: string | null;
  readonly all: readonly Freeze[];
  /** The days that a person has begun to set. */
  readonly chosen: { readonly from: string; readonly to: string };
  readonly choose: (day: string) => void;
}

/** Nine weeks from the month's first: which days have a freeze or an exclusion, by its name. A day that is pressed begins one, a later day ends it. */
export function FreezeCalendar({ month, todayUtc, all, chosen, choose }: CalendarProps): JSX.Element {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const monday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY_MS;
  const days = Array.from({ length: WEEKS * 7 }, (_, n) =>
    new Date(monday + n * DAY_MS).toISOString().slice(0, 10),
  );
  return (
    <div class="calendar" role="group" aria-label="Calendar of freezes and exclusions">
      {WEEKDAYS.map((name) => (
        <span key={name} class="weekday quiet" aria-hidden="true">
          {name}
        </span>
      ))}
      {days.map((day) => {
        const isToday = todayUtc?.slice(0, 10) === day;
        const here = all.filter(({ from, to }) => from.slice(0, 10) <= day && day <= to.slice(0, 10));
        return (
          <button
            key={day}
            type="button"
            class={`day${day.startsWith(month) ? '' : ' other'}${here.length > 0 ? ' frozen' : ''}${isToday ? ' today' : ''}`}
            aria-current={isToday ? 'date' : undefined}
            aria-pressed={chosen.from <= day && day <= (chosen.to === '' ? chosen.from : chosen.to)}
            onClick={() => {
              choose(day);
            }}
          >
            <span class="day-number">
              <span aria-hidden="true">
                {day.endsWith('-01') ? shortDay(`${day}T12:00:00Z`) : Number(day.slice(8))}
              </span>
              <span class="visually-hidden">
                {dayName(`${day}T12:00:00Z`)}
                {here.length > 0 ? ': ' : ''}
              </span>
            </span>
            {here.slice(0, 2).map(({ id }) => (
              <span key={id} class="day-freeze" title={id}>
                {id}
              </span>
            ))}
            {here.length > 2 && <span class="quiet">+{here.length - 2}</span>}
          </button>
        );
      })}
    </div>
  );
}
