import { span } from '../../web/src/format';

test('a span has at most 59 minutes beside its hours, also when seconds are rounded up', () => {
  const of = (seconds: number): string =>
    span('2026-11-10T18:00:00.000Z', new Date(Date.UTC(2026, 10, 10, 18, 0, seconds)).toISOString());
  expect([of(90 * 60), of(60 * 60 - 1), of(34 * 3600 - 20), of(29), of(48 * 3600)]).toEqual([
    '1 h 30 min',
    '1 h',
    '34 h',
    '0 min',
    '2 days',
  ]);
});
