import type { DurableClient } from 'durable-functions';
import { collectDueAssessments } from '../../activities/collectDueAssessments';
import { purgeFinished } from '../../operatorApi/timers/purgeFinished';
import { aVm } from '../support/builders';
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

  it('take the batches of assessments with them whose instance died, and no other', async () => {
    const services = await someServices({ vms: [], nowUtc: '2026-11-13T03:15:00.000Z' });
    const vm = aVm();
    const purge = async (instancesDeleted: number): Promise<(string | null)[]> => {
      const client = { purgeInstanceHistoryBy: () => Promise.resolve({ instancesDeleted }) };
      const log = { log: () => undefined, warn: () => undefined };
      await purgeFinished(services, client as unknown as DurableClient, log);
      const left = [];
      for (const key of keys) left.push((await services.assessments.readBatch(key)) && key);
      return left;
    };
    const keys: string[] = [];
    for (const days of [0, 40]) {
      services.wait(days * (DAY_MS / 1000));
      const nowUtc = services.nowUtc();
      await services.assessments.schedule([{ vmId: vm.id, timeZone: 'America/New_York', dueUtc: nowUtc }]);
      keys.push(
        ((await services.run(collectDueAssessments, { nowUtc, call: 0 })) as { batch: string }).batch,
      );
    }
    services.wait(10 * (DAY_MS / 1000));
    expect(await purge(0)).toEqual(keys);
    services.wait(DAY_MS / 1000);
    expect(await purge(3)).toEqual([null, keys[1]]);
    expect(await services.assessments.all()).toHaveLength(1);
  });
});
