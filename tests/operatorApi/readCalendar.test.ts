import { readCalendar } from '../../operatorApi/readCalendar';

const event = (summary: string, ...lines: readonly string[]): readonly string[] => [
  'BEGIN:VEVENT',
  `UID:${summary}`,
  `SUMMARY:${summary}`,
  ...lines,
  'END:VEVENT',
];
const read = (...events: readonly (readonly string[])[]): ReturnType<typeof readCalendar> =>
  readCalendar(
    ['BEGIN:VCALENDAR', 'VERSION:2.0', ...events.flat(), 'END:VCALENDAR'].join('\r\n'),
    '2026-11-15T17:00:00.000Z',
  );

test('an event on a day that no calendar has is left out with a note, and freezes no other day', () => {
  const { times, notes } = read(
    event('Typo', 'DTSTART;VALUE=DATE:20261340'),
    event('Leap', 'DTSTART:20270101T000000Z', 'DTEND:20270229T000000Z'),
    event('Real', 'DTSTART;VALUE=DATE:20261224'),
  );
  expect(times.map(({ summary, from }) => [summary, from])).toEqual([['Real', '2026-12-24T00:00']]);
  expect(notes).toEqual([
    'The event «Typo» is on 2026-13-40, which is no day, so that it is left out.',
    'The event «Leap» is on 2027-02-29, which is no day, so that it is left out.',
  ]);
});

test('an event that repeats every second since 1990 is read to a bound, and that is said', () => {
  const { times, notes } = read(
    event('Tick', 'DTSTART:19900101T000000Z', 'DTEND:19900101T000001Z', 'RRULE:FREQ=SECONDLY'),
  );
  expect([times, notes]).toEqual([[], ['«Tick» repeats: its first 0 times are taken.']]);
});

test('an event that is over is left out, also one that does not repeat', () => {
  const { times } = read(
    event('Past', 'DTSTART;VALUE=DATE:20251224'),
    event('Yesterday', 'DTSTART;VALUE=DATE:20261115', 'DTEND;VALUE=DATE:20261116'),
    event('Next', 'DTSTART;VALUE=DATE:20261224'),
  );
  expect(times.map(({ summary }) => summary)).toEqual(['Yesterday', 'Next']);
});

test('a file of 500 times is read, a longer one is refused, however many of its events are over', () => {
  const events = (count: number, day: string): readonly (readonly string[])[] =>
    Array.from({ length: count }, (_, n) => event(`${day}-${n}`, `DTSTART;VALUE=DATE:${day}`));
  expect(read(...events(600, '20251224'), ...events(500, '20261224')).times).toHaveLength(500);
  expect(() => read(...events(501, '20261224'))).toThrow(/more than 500/);
});

test('a file whose rules would take minutes to follow is refused', () => {
  const ticks = Array.from({ length: 20 }, (_, n) =>
    event(`Tick ${n}`, 'DTSTART:19900101T000000Z', 'DTEND:19900101T000001Z', 'RRULE:FREQ=SECONDLY'),
  );
  expect(() => read(...ticks)).toThrow(/repeat too often/);
});

test('a file of more than 5 million characters is refused before it is read', () => {
  expect(() => read(event('Long', `DESCRIPTION:${'x'.repeat(5_000_000)}`))).toThrow(/5 million characters/);
});
