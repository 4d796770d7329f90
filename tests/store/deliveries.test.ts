import { deliveryStore, type Delivery, type DeliveryStore } from '../../store/deliveries';
import { memoryStore } from '../../store/memoryTable';
import type { Store, Table } from '../../store/store';

const NOW = '2026-11-13T04:00:00.000Z';

const aDelivery = (over: Partial<Delivery> = {}): Delivery => ({
  noticeId: 'rollout-2026-11~1',
  receiver: 'ops',
  kind: 'hookAsked',
  atUtc: '2026-11-13T03:00:00.000Z',
  subject: 'phase-1',
  why: 'A hook is asked.',
  who: 'lowtide',
  rolloutId: 'rollout-2026-11',
  evidence: {},
  attempts: 0,
  nextUtc: '2026-11-13T03:00:00.000Z',
  lastError: null,
  ...over,
});
const backlog = (count: number, over: Partial<Delivery> = {}): Delivery[] =>
  Array.from({ length: count }, (_, n) => aDelivery({ noticeId: `rollout-2026-11~${n + 1}`, ...over }));

describe('waiting notices', () => {
  let table: Table;
  let deliveries: DeliveryStore;
  let rowsRead: number;

  beforeEach(() => {
    table = memoryStore().table('deliveries');
    rowsRead = 0;
    const counting: Table = {
      ...table,
      list: async (...asked) => {
        const rows = await table.list(...asked);
        rowsRead += rows.length;
        return rows;
      },
    };
    const store: Store = { table: () => counting };
    deliveries = deliveryStore(store);
  });
  const dueIds = async (receiver: string): Promise<readonly string[]> =>
    (await deliveries.due(receiver, NOW)).deliveries.map(({ noticeId }) => noticeId);

  it('a halt is found behind any number of its receiver, and a long queue costs what a short one does', async () => {
    await deliveries.add(backlog(5000));
    await deliveries.add([aDelivery({ noticeId: 'last', kind: 'halted', nextUtc: NOW })]);
    const ids = await dueIds('ops');
    expect([ids[0], ids.length, rowsRead]).toEqual(['last', 100, 100]);
  });

  it('a long queue of one receiver is no cost for another, and the names are found with one read each', async () => {
    for (const receiver of ['a', 'a-b', 'b']) await deliveries.add(backlog(1000, { receiver }));
    expect([await deliveries.receivers(), rowsRead]).toEqual([['a-b', 'a', 'b'], 3]);
    await deliveries.add([aDelivery({ receiver: 'c' })]);
    rowsRead = 0;
    expect([await dueIds('c'), rowsRead]).toEqual([['rollout-2026-11~1'], 1]);
  });

  it('what is due only later is not tried now, however urgent', async () => {
    await deliveries.add([
      aDelivery({ noticeId: 'later', kind: 'halted', nextUtc: '2026-11-13T04:00:00.001Z' }),
      aDelivery({ noticeId: 'now', nextUtc: NOW }),
    ]);
    expect(await dueIds('ops')).toEqual(['now']);
  });

  it('what an older version left waiting is listed, and moved to its receiver, some at a time', async () => {
    const old = backlog(600, { attempts: 2 });
    await table.write('deliveries', {
      upsert: old.map((value) => ({
        row: `w~${value.nextUtc}~${value.noticeId}~${value.receiver}`,
        value,
      })),
    });
    expect((await deliveries.page('', 1000)).value).toHaveLength(600);
    rowsRead = 0;
    await deliveries.moveOld();
    expect(rowsRead).toBe(500);
    await deliveries.moveOld();
    expect(await table.list('deliveries', { from: 'w~' })).toEqual([]);
    expect((await deliveries.page('', 1000)).value).toHaveLength(600);
    expect((await deliveries.due('ops', NOW)).deliveries).toContainEqual(old[0]);
  });
});
