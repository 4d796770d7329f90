import fc from 'fast-check';
import { chanceOfAtLeast, logLikelihoodRatio, nextCusum } from '../../domain/unhealthyRate';

const rates = { expected: 0.005, refused: 0.02 };

describe('the sequential test', () => {
  test('an unhealthy VM counts for four times the odds, a healthy one for little against', () => {
    expect(nextCusum(1, true, rates)).toBeCloseTo(1 + Math.log(4), 12);
    expect(nextCusum(1, false, rates)).toBeCloseTo(1 + Math.log(0.98 / 0.995), 12);
  });

  test('is a number for no results, and for unhealthy ones alone, also at a refused rate of 100 %', () => {
    const all = { expected: 0.005, refused: 1 };
    expect(logLikelihoodRatio({ healthyCount: 0, unhealthyCount: 0 }, all)).toBe(0);
    expect(logLikelihoodRatio({ healthyCount: 0, unhealthyCount: 2 }, all)).toBeCloseTo(
      2 * Math.log(200),
      12,
    );
  });

  test('never falls below zero', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (results) => {
        const end = results.reduce((cusum, unhealthy) => nextCusum(cusum, unhealthy, rates), 0);
        expect(end).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the chance of so many unhealthy VMs', () => {
  test('agrees with the binomial distribution written out', () => {
    expect(chanceOfAtLeast(1, 5, 0.005)).toBeCloseTo(1 - 0.995 ** 5, 12);
    expect(chanceOfAtLeast(5, 5, 0.005)).toBeCloseTo(0.005 ** 5, 18);
    expect(chanceOfAtLeast(2, 30, 0.003)).toBeCloseTo(1 - 0.997 ** 30 - 30 * 0.003 * 0.997 ** 29, 12);
    expect(chanceOfAtLeast(3, 4, 0.9)).toBeCloseTo(4 * 0.9 ** 3 * 0.1 + 0.9 ** 4, 12);
    expect(chanceOfAtLeast(1, 20_000, 0.9)).toBe(1);
    expect(chanceOfAtLeast(0, 10, 0.005)).toBe(1);
    expect(chanceOfAtLeast(11, 10, 0.005)).toBe(0);
  });

  test('is a probability and falls with the count, for a fleet of any size', () => {
    const shape = fc.tuple(
      fc.integer({ min: 1, max: 20_000 }),
      fc.double({ min: 0.0001, max: 0.9, noNaN: true }),
    );
    fc.assert(
      fc.property(shape, fc.nat(300), ([of, rate], count) => {
        const [more, fewer] = [chanceOfAtLeast(count + 1, of, rate), chanceOfAtLeast(count, of, rate)];
        expect(more).toBeGreaterThanOrEqual(0);
        expect(fewer).toBeLessThanOrEqual(1);
        expect(more).toBeLessThanOrEqual(fewer + 1e-9);
      }),
      { numRuns: 200 },
    );
  });
});
