import { defaultPolicy } from '../../domain/policy';
import { notificationRoutes } from '../../operatorApi/notifications';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import type { Delivery } from '../../store/deliveries';
import { memoryStore } from '../../store/memoryTable';
import { repositoriesOn } from '../../store/repositories';
import type { Store } from '../../store/store';

const aDelivery = (n: number): Delivery => ({
  noticeId: `rollout-2026-11~${n}`,
  receiver: 'ops',
  kind: 'halted',
  atUtc: '2026-11-13T03:00:00.000Z',
  subject: 'phase-1',
  why: '2 of 5 VMs are unhealthy.',
  who: 'lowtide',
  rolloutId: 'rollout-2026-11',
  evidence: {},
  attempts: 0,
  nextUtc: '2026-11-13T03:00:00.000Z',
  lastError: null,
});

interface Page {
  readonly value: readonly Readonly<Record<string, unknown>>[];
  readonly nextLink?: string;
}

describe('notices that did not arrive', () => {
  let store: Store;
  let rowsRead: number;
  let deliveries: ReturnType<typeof repositoriesOn>['deliveries'];
  const ask = async (name: string, query: string, body?: object): Promise<Page> => {
    const asked = new URLSearchParams(query);
    const request = {
      query: (one: string) => asked.get(one),
      json: () => Promise.resolve(body),
    } as unknown as OperatorRequest;
    const services = { deliveries, nowUtc: () => '2026-11-13T04:00:00.000Z' };
    const route = notificationRoutes.find((one) => one.name === name);
    const answer = await route?.handler(request, { services } as unknown as OperatorContext);
    return answer?.jsonBody as Page;
  };
  const put = (row: string): Promise<void> =>
    store.table('deliveries').upsert('deliveries', row, { kind: 'ofALaterVersion' });

  beforeEach(() => {
    const memory = memoryStore();
    rowsRead = 0;
    store = {
      table: (name) => ({
        ...memory.table(name),
        list: async (...asked) => {
          const rows = await memory.table(name).list(...asked);
          rowsRead += rows.length;
          return rows;
        },
      }),
    };
    ({ deliveries } = repositoriesOn(store, defaultPolicy));
  });

  it('are read a page at a time, the dead ones first, however many there are', async () => {
    const all = Array.from({ length: 1200 }, (_, n) => aDelivery(n));
    await deliveries.add(all);
    const [first] = all as [Delivery];
    await deliveries.giveUp(first, { ...first, lastError: 'It answered 500.' });
    const { value, nextLink } = await ask('listNotifications', '');
    expect([value.length, value[0]?.['state'], value[1]?.['state']]).toEqual([100, 'dead', 'waiting']);
    expect(rowsRead).toBeLessThanOrEqual(102);
    const found = [...value];
    for (let next = nextLink; next !== undefined;) {
      const page: Page = await ask('listNotifications', next.split('?')[1] ?? '');
      found.push(...page.value);
      next = page.nextLink;
    }
    expect(new Set(found.map(({ noticeId }) => noticeId)).size).toBe(1200);
  });

  it('that cannot be read are listed as such, and hide no other', async () => {
    await deliveries.add([aDelivery(1)]);
    const rows = ['d~r~2~ops', 'q~ops~0~2026-11-13T03:00:00.000Z~r~3', 'w~2026-11-13T03:00:00.000Z~r~4~ops'];
    for (const row of [...rows, 'x~q~ops~0~2026-11-13T03:00:00.000Z~r~5']) await put(row);
    const { value } = await ask('listNotifications', '');
    expect(value.map(({ state, row }) => [state, row])).toEqual([
      ['unreadable', 'd~r~2~ops'],
      ['waiting', undefined],
      ['unreadable', 'q~ops~0~2026-11-13T03:00:00.000Z~r~3'],
      ['unreadable', 'w~2026-11-13T03:00:00.000Z~r~4~ops'],
      ['unreadable', 'x~q~ops~0~2026-11-13T03:00:00.000Z~r~5'],
    ]);
    expect(value[0]?.['lastError']).toContain('noticeId');
  });

  it('that are dead and cannot be read are not tried again, for a reason that is said', async () => {
    await put('d~r~2~ops');
    await expect(ask('retryNotification', '', { noticeId: 'r~2', receiver: 'ops' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      detail: { why: expect.stringContaining('cannot read it') as string },
    });
  });
});
