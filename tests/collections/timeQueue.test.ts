import fc from 'fast-check';
import { TimeQueue } from '../../collections/timeQueue';

const taken = (queue: TimeQueue<number>): unknown[] => {
  const all: unknown[] = [];
  for (let next = queue.take(); next !== null; next = queue.take()) all.push([next.atMs, next.item]);
  return all;
};

describe('The time queue', () => {
  test('gives its items in the order of their instants, and those of one instant as they were added', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }), (instants) => {
        const queue = new TimeQueue<number>();
        for (const [added, atMs] of instants.entries()) queue.add(atMs, added);
        const inOrder = [...instants.entries()].sort(([a, aMs], [b, bMs]) => aMs - bMs || a - b);
        expect(taken(queue)).toEqual(inOrder.map(([added, atMs]) => [atMs, added]));
      }),
    );
  });

  test('gives those of one instant in the order that they are given', () => {
    const queue = new TimeQueue<string>();
    queue.add(1, 'second', 2);
    queue.add(1, 'third', 2 ** 40);
    queue.add(1, 'first', 1);
    expect(queue.firstMs()).toBe(1);
    expect([queue.take()?.item, queue.take()?.item, queue.take()?.item]).toEqual([
      'first',
      'second',
      'third',
    ]);
    expect(queue.firstMs()).toBe(Infinity);
  });

  test('keeps its order while items are taken and added in turn', () => {
    const queue = new TimeQueue<string>();
    queue.add(3, 'c');
    queue.add(1, 'a');
    expect(queue.first()).toBe('a');
    expect(queue.take()).toEqual({ atMs: 1, item: 'a' });
    queue.add(3, 'd');
    queue.add(2, 'b');
    expect([queue.take()?.item, queue.take()?.item, queue.take()?.item]).toEqual(['b', 'c', 'd']);
    expect([queue.first(), queue.take()]).toEqual([null, null]);
  });
});
