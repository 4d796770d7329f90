import { addSeconds, daysBetween, earlier, later, secondsBetween, utcOf } from '../../domain/instants';

const NOON = '2026-11-13T12:00:00.000Z';

describe('instants', () => {
  it('are moved by seconds, forwards, backwards and by fractions, and stay text that sorts', () => {
    expect(addSeconds(NOON, 90)).toBe('2026-11-13T12:01:30.000Z');
    expect(addSeconds(NOON, -43_200)).toBe('2026-11-13T00:00:00.000Z');
    expect(addSeconds(NOON, 0.25)).toBe('2026-11-13T12:00:00.250Z');
    expect(utcOf(Date.parse(NOON))).toBe(NOON);
  });

  it('are apart by seconds or days, less than none when the second is the earlier one', () => {
    expect(secondsBetween(NOON, addSeconds(NOON, 90))).toBe(90);
    expect(secondsBetween(addSeconds(NOON, 90), NOON)).toBe(-90);
    expect(daysBetween(NOON, addSeconds(NOON, 129_600))).toBe(1.5);
  });

  it('are compared as text', () => {
    expect(earlier(NOON, addSeconds(NOON, 1))).toBe(NOON);
    expect(later(NOON, addSeconds(NOON, 1))).toBe(addSeconds(NOON, 1));
  });
});
