import { memoryStore } from '../../store/memoryTable';
import { roundQueueStore, type Take } from '../../store/roundQueues';
import { ROLLOUT } from '../support/fakeServices';

const asked = (lane: number, take: number, over: Partial<Take> = {}): Take => ({
  queue: 'zone:batch-1',
  lane,
  lanes: 3,
  take,
  count: 8,
  ...over,
});

describe('the queue of a pool', () => {
  it('hands out every number once, whatever lane asks first, and the same again when it is asked again', async () => {
    const queue = roundQueueStore(memoryStore());
    const takes = [
      asked(1, 1),
      asked(2, 1),
      asked(3, 1),
      asked(2, 2),
      asked(2, 3),
      asked(1, 2),
      asked(3, 2),
      asked(2, 4),
    ];
    const given: (number | null)[] = [];
    for (const take of takes) {
      const first = await queue.takeNext(ROLLOUT, take);
      expect(await queue.takeNext(ROLLOUT, take)).toBe(first);
      given.push(first);
    }
    expect(given).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await queue.takeNext(ROLLOUT, asked(1, 3))).toBeNull();
  });

  it('gives two lanes that ask at once two numbers', async () => {
    const queue = roundQueueStore(memoryStore());
    const given = await Promise.all([1, 2, 3].map((lane) => queue.takeNext(ROLLOUT, asked(lane, 2))));
    expect([...given].sort()).toEqual([4, 5, 6]);
  });

  it('gives nothing to a duplicate of an earlier request, and the lane what it was given last', async () => {
    const queue = roundQueueStore(memoryStore());
    expect(await queue.takeNext(ROLLOUT, asked(1, 2))).toBe(4);
    expect(await queue.takeNext(ROLLOUT, asked(1, 3))).toBe(5);
    expect(await queue.takeNext(ROLLOUT, asked(1, 2))).toBeNull();
    expect(await queue.takeNext(ROLLOUT, asked(1, 3))).toBe(5);
    expect(await queue.takeRest(ROLLOUT, asked(2, 2))).toEqual([6, 7, 8]);
  });

  it('gives the rest to the lane that asks for it, once, and then has nothing left', async () => {
    const queue = roundQueueStore(memoryStore());
    await queue.takeNext(ROLLOUT, asked(1, 2));
    expect(await queue.takeRest(ROLLOUT, asked(2, 2))).toEqual([5, 6, 7, 8]);
    expect(await queue.takeRest(ROLLOUT, asked(2, 2))).toEqual([5, 6, 7, 8]);
    expect(await queue.takeRest(ROLLOUT, asked(3, 2))).toEqual([]);
    expect(await queue.takeNext(ROLLOUT, asked(1, 3))).toBeNull();
  });

  it('has no number for a lane beyond what there is', async () => {
    const queue = roundQueueStore(memoryStore());
    expect(await queue.takeNext(ROLLOUT, asked(3, 1, { count: 2 }))).toBeNull();
  });

  it('belongs to one execution: another begins again', async () => {
    const queue = roundQueueStore(memoryStore());
    await queue.takeNext(ROLLOUT, asked(1, 2));
    expect(await queue.takeNext(ROLLOUT, asked(1, 2, { queue: 'again:batch-1' }))).toBe(4);
  });
});
