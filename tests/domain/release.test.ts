import fc from 'fast-check';
import { DateTime } from 'luxon';
import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import {
  endsUtcOf,
  monthAfter,
  monthOfLatestRelease,
  nextReleaseAfter,
  releaseOf,
} from '../../domain/release';

const month = (text: string): Month => Month.parse(text);
const anyMonth = fc
  .integer({ min: 0, max: 12 * 20 })
  .map((n) => month(DateTime.utc(2020, 1, 1).plus({ months: n }).toFormat('yyyy-MM')));

describe('the monthly release', () => {
  test('R-103: patches are released on the second Tuesday at ten, Pacific time, summer and winter', () => {
    expect(releaseOf(month('2026-11'))).toBe('2026-11-10T18:00:00.000Z');
    expect(releaseOf(month('2026-07'))).toBe('2026-07-14T17:00:00.000Z');
    expect(releaseOf(month('2026-09'))).toBe('2026-09-08T17:00:00.000Z');
    expect(releaseOf(month('2026-03'))).toBe('2026-03-10T17:00:00.000Z');
    expect(releaseOf(month('2027-06'))).toBe('2027-06-08T17:00:00.000Z');
  });

  test('R-103: every release is the second Tuesday of its month', () => {
    fc.assert(
      fc.property(anyMonth, (any) => {
        const local = DateTime.fromISO(releaseOf(any), { zone: 'America/Los_Angeles' });
        expect([local.weekday, local.hour, local.minute]).toEqual([2, 10, 0]);
        expect(local.day).toBeGreaterThanOrEqual(8);
        expect(local.day).toBeLessThanOrEqual(14);
        expect(local.toFormat('yyyy-MM')).toBe(any);
      }),
    );
  });

  test('R-103: before the second Tuesday the latest release is that of the month before', () => {
    expect(monthOfLatestRelease('2026-11-10T17:59:59.999Z')).toBe('2026-10');
    expect(monthOfLatestRelease('2026-11-10T18:00:00.000Z')).toBe('2026-11');
    expect(monthOfLatestRelease('2027-01-01T00:00:00.000Z')).toBe('2026-12');
  });

  test('R-103: the next release is strictly later', () => {
    expect(nextReleaseAfter('2026-11-10T17:59:59.999Z')).toBe('2026-11-10T18:00:00.000Z');
    expect(nextReleaseAfter('2026-11-10T18:00:00.000Z')).toBe('2026-12-08T18:00:00.000Z');
  });

  test('R-109: a rollout ends after 30 days, or at the next release if that comes first', () => {
    expect(endsUtcOf(month('2026-11'), defaultPolicy)).toBe('2026-12-08T18:00:00.000Z');
    expect(endsUtcOf(month('2026-12'), defaultPolicy)).toBe('2027-01-07T18:00:00.000Z');
    fc.assert(
      fc.property(anyMonth, (any) => {
        const ends = Date.parse(endsUtcOf(any, defaultPolicy));
        expect(ends - Date.parse(releaseOf(any))).toBeLessThanOrEqual(30 * 86_400_000);
        expect(ends).toBeLessThanOrEqual(Date.parse(releaseOf(monthAfter(any))));
      }),
    );
  });
});
