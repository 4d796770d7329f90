import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
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

/**
 * Nine weeks from the month's first: which days have a freeze or an exclusion, by its name. A day that is pressed begins one, a later day ends it.
 * One stop of the Tab key; the arrow keys move from day to day.
 */
export function FreezeCalendar({ month, todayUtc, all, chosen, choose }: CalendarProps): JSX.Element {
  const [moved, setMoved] = useState<string | null>(null);
  const days = daysFrom(month);
  const today = todayUtc?.slice(0, 10) ?? '';
  const reached = [moved, today].find((day) => day !== null && days.includes(day)) ?? `${month}-01`;
  return (
    <div
      class="calendar"
      role="group"
      aria-label="Calendar of freezes and exclusions"
      onKeyDown={(event) => {
        const to = days[days.indexOf(reached) + (STEPS[event.key] ?? NaN)];
        if (to === undefined) return;
        event.preventDefault();
        event.currentTarget.querySelector<HTMLElement>(`[data-day="${to}"]`)?.focus();
      }}
    >
      {WEEKDAYS.map((name) => (
        <span key={name} class="weekday quiet" aria-hidden="true">
          {name}
        </span>
      ))}
      {days.map((day) => (
        <Day
          key={day}
          day={day}
          isOther={!day.startsWith(month)}
          isToday={day === today}
          isReached={day === reached}
          here={all.filter(({ from, to }) => from.slice(0, 10) <= day && day <= to.slice(0, 10))}
          isChosen={chosen.from <= day && day <= (chosen.to === '' ? chosen.from : chosen.to)}
          choose={choose}
          setReached={setMoved}
        />
      ))}
    </div>
  );
}

/** How many days an arrow key moves. */
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

function daysFrom(month: string): readonly string[] {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const monday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY_MS;
  return Array.from({ length: WEEKS * 7 }, (_, n) =>
    new Date(monday + n * DAY_MS).toISOString().slice(0, 10),
  );
}

interface DayProps {
  readonly day: string;
  readonly isOther: boolean;
  readonly isToday: boolean;
  /** The one day that the Tab key stops at. */
  readonly isReached: boolean;
  readonly isChosen: boolean;
  readonly here: readonly Freeze[];
  readonly choose: (day: string) => void;
  readonly setReached: (day: string) => void;
}

function Day(props: DayProps): JSX.Element {
  const { day, isOther, isToday, isReached, isChosen, here, choose, setReached } = props;
  return (
    <button
      type="button"
      class={`day${isOther ? ' other' : ''}${here.length > 0 ? ' frozen' : ''}${isToday ? ' today' : ''}`}
      data-day={day}
      tabIndex={isReached ? 0 : -1}
      aria-current={isToday ? 'date' : undefined}
      aria-pressed={isChosen}
      onFocus={() => {
        setReached(day);
      }}
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
}
