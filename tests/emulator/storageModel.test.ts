import type { Host } from '../../emulator/host';
import { QueuePolling } from '../../emulator/storageModel/queuePolling';
import { IDLE_POLLING, LEASES, StorageModel } from '../../emulator/storageModel/storageModel';
import type { AppFolder } from './support/appFolder';
import { minutes, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
df.app.activity('work', { handler: () => ({ done: true }) });
df.app.activity('large', { handler: () => ({ text: 'x'.repeat(46 * 1024) }) });
df.app.orchestration('steps', function* (ctx: any): any { for (let n = 0; n < ctx.df.getInput().steps; n += 1) yield ctx.df.callActivity('work', {}); return {}; });
df.app.orchestration('parent', function* (ctx: any): any { return yield ctx.df.callSubOrchestrator('steps', { steps: 0 }); });
df.app.orchestration('waits', function* (ctx: any): any { yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 60_000)); return {}; });
df.app.orchestration('fans', function* (ctx: any): any { yield ctx.df.Task.all(Array.from({ length: 60 }, () => ctx.df.callActivity('work', {}))); return {}; });
df.app.entity('counter', (ctx: any) => { ctx.df.setState(1); ctx.df.return(1); });
df.app.orchestration('counts', function* (ctx: any): any { for (let n = 0; n < ctx.df.getInput().times; n += 1) yield ctx.df.callEntity(new df.EntityId('counter', 'a'), 'add'); return {}; });
df.app.orchestration('largeMessage', function* (ctx: any): any { yield ctx.df.callActivity('large', {}); return {}; });
`;

let app: AppFolder;
let host: Host;
let model: StorageModel;

beforeAll(() => {
  app = testApp(SOURCE);
});
afterAll(() => {
  app.remove();
});
beforeEach(async () => {
  host = await startVirtual(app, {
    observe: (nowMs) => {
      model = new StorageModel({ nowMs });
      return model;
    },
  });
});
afterEach(() => host.close());

/** Without looking into queues in vain, and without leases. */
async function requestsOf(name: string, input: unknown, untilMinute = 5): Promise<number> {
  await start(host, name, `${name}-1`, input);
  await host.runUntil(minutes(untilMinute));
  const { counts } = model;
  return counts.total() - counts.total(IDLE_POLLING) - counts.total(LEASES);
}

test('an orchestrator episode costs 5 to 6 requests, as on the real host, beside the activity that it starts', async () => {
  await requestsOf('steps', { steps: 10 });
  const { counts } = model;
  const episodes = counts.of('instanceWrite', 'steps') - 1; // one by the client that started it
  const activities = 10;
  // An activity costs its own look, the answer and the deletion; the message that starts it belongs to the episode.
  const perEpisode = (counts.total('steps') - 3 * activities - 3) / episodes;
  expect(episodes).toBe(11);
  expect(perEpisode).toBeGreaterThanOrEqual(5);
  expect(perEpisode).toBeLessThanOrEqual(6);
});

test('an entity leaves the rows of one turn in the history, however often it is called: one for its message, and three', async () => {
  await requestsOf('counts', { times: 5 });
  const first = model.historyRows;
  await start(host, 'counts', 'counts-2', { times: 10 });
  await host.runUntil(minutes(10));
  // Five calls more are five episodes of four rows; the entity has left its own before.
  expect(model.historyRows - first - first).toBe(5 * 4 - 4);
});

test('every episode reads its history again', async () => {
  await requestsOf('steps', { steps: 7 });
  expect(model.counts.of('historyRead', 'steps')).toBe(8);
});

test('a timer costs one message and one episode', async () => {
  await requestsOf('waits', {});
  const { counts } = model;
  expect(counts.of('queueAdd', 'waits')).toBe(2);
  expect(counts.of('queueGet', 'waits')).toBe(2);
  expect(counts.of('queueDelete', 'waits')).toBe(2);
  expect(counts.of('historyWrite', 'waits')).toBe(2);
});

test('a child costs its start and its answer, each one message, and each name bears what it receives', async () => {
  await requestsOf('parent', {});
  expect(model.counts.of('queueAdd', 'steps')).toBe(1);
  expect(model.counts.of('queueAdd', 'parent')).toBe(2);
  // Only a start by a client is looked up among the instances.
  expect(model.counts.of('instanceRead', 'steps')).toBe(0);
  expect(model.counts.of('instanceRead', 'parent')).toBe(2);
});

test('history is written in transactions of 99 rows and the sentinel', async () => {
  await requestsOf('fans', {});
  // 62 rows; then 60 answers at once, two more, and the end.
  expect(model.counts.of('historyWrite', 'fans')).toBe(2);
});

test('a message above 45 KB is one blob written and read', async () => {
  await requestsOf('largeMessage', {});
  expect([model.counts.service('blob', 'largeMessage'), model.counts.of('blobPut')]).toEqual([2, 1]);
});

test('an idle hub looks into each queue every 30 seconds and renews its partitions every 10', async () => {
  await host.runUntil(minutes(100));
  const counts = model.countsUntilNow();
  // 4 control queues and one of work items: twice a minute each, and what the back-off takes at first.
  expect(counts.service('queue') / 100).toBeCloseTo(10, -0.5);
  expect(counts.service('table') / 100).toBe(30);
  expect(counts.service('blob') / 100).toBeCloseTo(2.4, 1);
});

test('looks into an empty queue at once, then ever more rarely', () => {
  const looksIn = (gapMs: number): number => new QueuePolling(0, 30_000).emptyLooksUntil(gapMs);
  expect([0, 49, 50, 150, 300, 550].map(looksIn)).toEqual([0, 2, 3, 4, 5, 6]);
  expect(looksIn(3_600_000) - looksIn(3_570_000)).toBe(1);
});

test('an observer changes nothing', async () => {
  await start(host, 'steps', 'observed', { steps: 3 });
  await host.runUntil(minutes(5));
  const observed = host.stats;
  await host.close();
  const alone = await startVirtual(app);
  await start(alone, 'steps', 'observed', { steps: 3 });
  await alone.runUntil(minutes(5));
  expect(observed).toEqual(alone.stats);
  await alone.close();
});
