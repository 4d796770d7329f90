import type { DurableClient } from 'durable-functions';
import { purgeFinished } from '../../operatorApi/scheduled';
import { someServices } from '../support/fakeServices';

const DAY_MS = 86_400_000;

interface Span {
  readonly createdTimeFrom: Date;
  readonly createdTimeTo: Date;
}

describe('Finished instances', () => {
  it('are purged one day a call, ten days a run, oldest first: after a long pause the next run goes on', async () => {
    const services = await someServices({ vms: [] });
    const spans: Span[] = [];
    const client = {
      purgeInstanceHistoryBy: (span: Span) => {
        spans.push(span);
        return Promise.resolve({ instancesDeleted: 1 });
      },
    } as unknown as DurableClient;
    const log = { log: () => undefined, warn: () => undefined };
    await purgeFinished(services, client, log);
    services.wait(25 * (DAY_MS / 1000)); // 25 days without a run
    await purgeFinished(services, client, log);
    await purgeFinished(services, client, log);
    expect(spans).toHaveLength(30);
    for (const [n, { createdTimeFrom, createdTimeTo }] of spans.entries()) {
      expect(createdTimeTo.getTime() - createdTimeFrom.getTime()).toBe(DAY_MS);
      expect(createdTimeFrom).toEqual(spans[n - 1]?.createdTimeTo ?? createdTimeFrom);
    }
  });
});
