import ICAL from 'ical.js';
import { LowtideError } from '../domain/lowtideError';
import { isCalendarDay, utcOf } from '../domain/instants';
import { zoneNamed } from '../domain/timeZone';
import { messageOf } from '../domain/messageOf';
import { DAY_MS } from '../domain/timeUnits';

/** What the library gives of one occurrence; its types do not say so. */
interface Occurrence {
  readonly startDate: ICAL.Time;
  readonly endDate: ICAL.Time;
}

/** One time in a calendar, as a freeze takes it. */
export interface CalendarTime {
  readonly uid: string;
  readonly summary: string;
  readonly from: string;
  readonly to: string;
  readonly timeZone: string | null;
}

/** Of an event that repeats, so many times are taken, and none that begins later than this after now. */
const OCCURRENCES_MAX = 60;
const DAYS_AHEAD_MAX = 400;
/** Those that are over are read, too, one by one: one a day for 80 years. A rule by the second would never come to now. */
const OCCURRENCES_READ_MAX = 30_000;
/** Of all events of a file: about a second, in which the host answers no other request. */
const FILE_OCCURRENCES_MAX = 100_000;
/** A year of an office's calendar is a tenth of it. */
const FILE_CHARACTERS_MAX = 5_000_000;
/** Each becomes a freeze, and is a row of the audit. */
const FILE_TIMES_MAX = 500;

/** The events of an iCalendar file (RFC 5545) that are not over, and what could not be taken of it. */
export function readCalendar(
  text: string,
  nowUtc: string,
): { readonly times: readonly CalendarTime[]; readonly notes: readonly string[] } {
  const calendar = parse(text);
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  const notes: string[] = [];
  const times: CalendarTime[] = [];
  let readCount = 0;
  for (const component of calendar.getAllSubcomponents('vevent')) {
    const event = new ICAL.Event(component);
    if (event.isRecurrenceException()) continue; // the event that repeats has it
    if (component.getFirstProperty('dtstart') === null) {
      notes.push(`The event «${event.summary}» has no start, so that it is left out.`);
      continue;
    }
    const noDay = dayThatIsNone(component);
    if (noDay !== null) {
      notes.push(`The event «${event.summary}» is on ${noDay}, which is no day, so that it is left out.`);
      continue;
    }
    const zone = zoneOf(component);
    if (zone !== null && zoneNamed(zone) === undefined && !ICAL.TimezoneService.has(zone))
      notes.push(`The time zone ${zone} of «${event.summary}» is not known: each VM's own is taken.`);
    const found = occurrencesOf(event, nowUtc);
    times.push(...found.times);
    readCount += found.readCount;
    if (times.length > FILE_TIMES_MAX)
      throw tooMuch(`There are more than ${FILE_TIMES_MAX} times in it that are not over.`);
    if (readCount > FILE_OCCURRENCES_MAX)
      throw tooMuch('Its events repeat too often, or began too long ago, to be followed one by one.');
    if (found.isCut)
      notes.push(`«${event.summary}» repeats: its first ${found.times.length} times are taken.`);
  }
  return { times, notes };
}

function tooMuch(why: string): LowtideError {
  return new LowtideError('REQUEST_INVALID', {
    what: 'The calendar is too long for one import; nothing was taken of it.',
    why,
    fix: 'Send the events that the VMs have to be frozen for, or send them in several files.',
  });
}

function parse(text: string): ICAL.Component {
  if (text.length > FILE_CHARACTERS_MAX) throw tooMuch('It has more than 5 million characters.');
  try {
    if (!/^\s*BEGIN:VCALENDAR/i.test(text)) throw new Error(`It begins with ${text.trim().slice(0, 20)}.`);
    const calendar = new ICAL.Component(ICAL.parse(text) as [string, unknown[], unknown[]]);
    if (calendar.name === 'vcalendar') return calendar;
    throw new Error(`It begins with ${calendar.name}.`);
  } catch (cause) {
    throw new LowtideError(
      'REQUEST_INVALID',
      {
        what: 'The body is not a calendar.',
        why: messageOf(cause),
        fix: 'Send one iCalendar file (RFC 5545): it begins with BEGIN:VCALENDAR.',
      },
      { cause },
    );
  }
}

interface Occurrences {
  readonly times: readonly CalendarTime[];
  readonly isCut: boolean;
  readonly readCount: number;
}

function occurrencesOf(event: ICAL.Event, nowUtc: string): Occurrences {
  // A day later, for what has no time zone ends later somewhere.
  const isOver = (end: ICAL.Time): boolean => end.toUnixTime() * 1000 < Date.parse(nowUtc) - DAY_MS;
  if (!event.isRecurring()) {
    const { startDate, endDate } = event;
    return { times: isOver(endDate) ? [] : timesOf(event, startDate, endDate), isCut: false, readCount: 1 };
  }
  const times: CalendarTime[] = [];
  const lastMs = Date.parse(nowUtc) + DAYS_AHEAD_MAX * DAY_MS;
  const all = event.iterator();
  const next = (): ICAL.Time | undefined => all.next();
  let readCount = 0;
  for (let start = next(); start !== undefined; start = next()) {
    readCount += 1;
    if (readCount > OCCURRENCES_READ_MAX) return { times, isCut: true, readCount };
    if (start.toUnixTime() * 1000 > lastMs) return { times, isCut: true, readCount };
    const { startDate, endDate } = event.getOccurrenceDetails(start) as Occurrence;
    if (isOver(endDate)) continue;
    times.push(...timesOf(event, startDate, endDate));
    if (times.length >= OCCURRENCES_MAX) return { times, isCut: true, readCount };
  }
  return { times, isCut: false, readCount };
}

function timesOf({ uid, summary, component }: ICAL.Event, start: ICAL.Time, end: ICAL.Time): CalendarTime[] {
  const zone = zoneOf(component);
  const timeZone = zone !== null && zoneNamed(zone) !== undefined ? zone : null;
  return [{ uid, summary, from: written(start), to: written(end), timeZone }];
}

/** A start or an end as it is written that no calendar has; the library takes month 13, day 40, for the 9th of February. */
function dayThatIsNone(event: ICAL.Component): string | null {
  for (const name of ['dtstart', 'dtend']) {
    const property = event.getFirstProperty(name)?.toJSON() as readonly unknown[] | undefined;
    const written = property?.[3];
    if (typeof written === 'string' && !isCalendarDay(written)) return written.slice(0, 10);
  }
  return null;
}

/** The name of the zone that an event's times are in; null where they are in UTC, or in none. */
function zoneOf(event: ICAL.Component): string | null {
  const name: unknown = event.getFirstProperty('dtstart')?.getParameter('tzid');
  return typeof name === 'string' ? name : null;
}

/** A day begins at midnight, and the end of an event is the day after its last. What no zone of the file says stays a local time. */
function written(time: ICAL.Time): string {
  const local = `${pad(time.year, 4)}-${pad(time.month)}-${pad(time.day)}T${pad(time.hour)}:${pad(time.minute)}`;
  if (time.isDate) return `${local.slice(0, 10)}T00:00`;
  return time.zone === ICAL.Timezone.localTimezone ? local : utcOf(time.toUnixTime() * 1000);
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');
