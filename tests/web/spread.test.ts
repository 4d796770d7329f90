import fc from 'fast-check';
import { spread } from '../../web/src/world/spread';

const mark = fc.record({
  x: fc.integer({ min: 0, max: 900 }),
  y: fc.integer({ min: 0, max: 400 }),
  radius: fc.integer({ min: 6, max: 15 }),
});

test('no two marks of the map lie on each other, also when they are at one place, and those that do not stay where they are', () => {
  fc.assert(
    fc.property(fc.array(mark, { maxLength: 20 }), fc.boolean(), (marks, isOnePlace) => {
      const given = isOnePlace ? marks.slice(0, 4).map((one) => ({ ...one, x: 400, y: 200 })) : marks;
      const placed = spread(given);
      for (const [i, a] of placed.entries())
        for (const b of placed.slice(i + 1))
          expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan((a.radius + b.radius) * 0.8);
    }),
    { numRuns: 50 },
  );
  const apart = [
    { x: 10, y: 10, radius: 6 },
    { x: 100, y: 100, radius: 15 },
  ];
  expect(spread(apart)).toEqual(apart);
});
