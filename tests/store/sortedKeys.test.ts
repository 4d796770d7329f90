import fc from 'fast-check';
import { SortedKeys } from '../../store/sortedKeys';

const KEYS = Array.from({ length: 6_000 }, (_, n) => `k${((n * 7_919) % 6_000).toString().padStart(4, '0')}`);
const change = fc.record({
  first: fc.nat(5_999),
  count: fc.integer({ min: 1, max: 5_000 }),
  removes: fc.boolean(),
});
const range = fc.record({
  from: fc.option(fc.constantFrom(...KEYS.slice(0, 50), 'a', 'z'), { nil: undefined }),
  before: fc.option(fc.constantFrom(...KEYS.slice(50, 100), 'a', 'z'), { nil: undefined }),
  take: fc.constantFrom(1, 700, Infinity),
});

describe('the keys of a partition', () => {
  test('are those that were added and not removed, in order, however many come and go between two lists', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(change, range), { minLength: 1, maxLength: 5 }), (steps) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const [{ first, count, removes }, { from, before, take }] of steps) {
          for (const key of KEYS.slice(first, first + count))
            if (!removes && !model.has(key)) {
              keys.add(key);
              model.add(key);
            } else if (removes && model.delete(key)) keys.remove(key);
          const expected = [...model]
            .sort()
            .filter((key) => (from === undefined || key >= from) && (before === undefined || key < before))
            .slice(0, take);
          expect(keys.between(from, before, take)).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });
});
