import type { DurableClient } from 'durable-functions';
import { purgeFinished } from '../../operatorApi/timers/purgeFinished';
import { azureDriverStore, type LoggedEvent } from '../../store/azureDriver';
import { memoryStore } from '../../store/memoryTable';
import { someServices } from '../support/fakeServices';

const eventAt = (at: string, vm: string): LoggedEvent => ({
  at,
  action: 'healthProbed',
  vm,
  operationId: null,
});

describe("the Azure driver's log", () => {
  it('is kept 400 days: the daily timer drops what is older, and nothing else', async () => {
    const azureDriver = azureDriverStore(memoryStore());
    const services = { ...(await someServices({ vms: [] })), azureDriver };
    const today = Date.parse(services.nowUtc());
    const dayAgo = (days: number): string => new Date(today - days * 86_400_000).toISOString();
    const ages = [0, 399, 400, 401, 405];
    for (const age of ages) await azureDriver.appendEvents(['a', 'b'].map((vm) => eventAt(dayAgo(age), vm)));
    const client = { purgeInstanceHistoryBy: () => Promise.resolve({ instancesDeleted: 0 }) };
    const said: string[] = [];
    const log = { log: (message: string) => said.push(message), warn: () => undefined };
    await purgeFinished(services, client as unknown as DurableClient, log);
    const left = await Promise.all(
      ages.map(async (age) => (await azureDriver.eventsOf(dayAgo(age).slice(0, 10))).length),
    );
    expect(left).toEqual([2, 2, 2, 0, 0]);
    expect(said).toEqual(['Purged 0 finished instances, and 4 events of the driver.']);
  });
});
