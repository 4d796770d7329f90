import { defaultPolicy } from '../../domain/policy';
import { HungInstalls, INSTALLS_PER_HANG } from '../../planning/hungInstalls';

const HOUR_MS = 3_600_000;
const NINE_MS = Date.parse('2026-11-13T09:00:00.000Z');

describe('an installation that does not end by itself', () => {
  it('is one of 2,000, wherever they are: it is taken from those that start, and no other', () => {
    const installs = new HungInstalls(defaultPolicy);
    const start = (...counts: readonly number[]): unknown =>
      installs.among(counts.map((count, family) => [family, count] as const));
    expect(start(INSTALLS_PER_HANG - 80)).toEqual({ hung: null, others: [[0, INSTALLS_PER_HANG - 80]] });
    expect(start(50, 29)).toEqual({
      hung: null,
      others: [
        [0, 50],
        [1, 29],
      ],
    });
    expect(start(1, 3)).toEqual({ hung: [0, 1], others: [[1, 3]] });
    expect(start(5)).toEqual({ hung: null, others: [[0, 5]] });
    expect(start(INSTALLS_PER_HANG)).toEqual({ hung: [0, 1], others: [[0, INSTALLS_PER_HANG - 1]] });
  });

  it('is given up when an installation may take no longer, or its window has no time left, and is watched as any', () => {
    const installs = new HungInstalls(defaultPolicy);
    const afterHours = (lastStartHours: number): number =>
      (installs.untilMs(NINE_MS, NINE_MS + lastStartHours * HOUR_MS) - NINE_MS) / HOUR_MS;
    const around = (10 + 15) / 60; // an assessment before it, and a soak after it
    expect(afterHours(7)).toBeCloseTo(3 + 55 / 60 + around);
    expect(afterHours(1)).toBeCloseTo(2 + around);
  });
});
