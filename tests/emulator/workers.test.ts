import type { AppFolder } from './support/appFolder';
import type { Host } from './support/nativeHost';
import { minutes, start, START_UTC, startVirtual, testApp } from './support/testApp';

/** Each copy of the app has its own `me`, as each process has its own memory. */
const SOURCE = `
const me = process.env.WEBSITE_INSTANCE_ID ?? 'worker-1';
const shared = globalThis as any;
shared.workersSeen ??= {};
const note = (what: string): void => { (shared.workersSeen[what] ??= []).push(me); };
df.app.activity('work', { handler: async () => {
  note('activity');
  if (me === shared.workersClosed) await new Promise<void>((resolve) => { shared.workersOpen = resolve; });
  return { by: me };
} });
df.app.entity('counter', (ctx: any) => { note('entity'); ctx.df.setState({ n: ctx.df.getState(() => ({ n: 0 })).n + 1 }); });
df.app.orchestration('job', function* (ctx: any): any {
  note('turn of ' + ctx.df.instanceId);
  const { by } = yield ctx.df.callActivity('work', {});
  yield ctx.df.callEntity(new df.EntityId('counter', ctx.df.instanceId), 'add', {});
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 60_000));
  return { by };
});
app.http('seen', { route: 'seen', methods: ['GET'], handler: async () => ({ jsonBody: shared.workersSeen }) });
app.http('gate', { route: 'gate/{worker?}', methods: ['POST'], handler: async (req) => {
  shared.workersClosed = req.params.worker;
  if (req.params.worker === undefined) { shared.workersOpen?.(); shared.workersSeen = {}; }
  return { status: 204 };
} });
app.http('whoAmI', { route: 'whoAmI', methods: ['GET'], handler: async () => ({ jsonBody: { me } }) });
`;

const HOST_JSON = JSON.stringify({
  version: '2.0',
  extensions: {
    http: { routePrefix: '' },
    durableTask: {
      maxConcurrentActivityFunctions: 4,
      storageProvider: { workItemQueueVisibilityTimeout: '00:02:00' },
    },
  },
});

const JOBS = 24;
const seconds = (n: number): string => new Date(Date.parse(START_UTC) + n * 1000).toISOString();
let app: AppFolder;
let host: Host;

beforeAll(() => {
  app = testApp(SOURCE, { 'host.json': HOST_JSON });
});
beforeEach(async () => {
  host = await startVirtual(app, { engine: 'faithful', timers: false });
  await host.request('POST', '/gate');
});
afterEach(async () => {
  await host.close();
});
afterAll(() => {
  app.remove();
});

async function startJobs(): Promise<void> {
  for (let n = 0; n < JOBS; n += 1) await start(host, 'job', `job-${n}`);
}

const statuses = (): readonly (string | undefined)[] =>
  Array.from({ length: JOBS }, (_, n) => host.instance(`job-${n}`)?.runtimeStatus);

const seen = async (): Promise<Readonly<Record<string, readonly string[]>>> =>
  (await host.request('GET', '/seen')).body as Record<string, string[]>;

test('a second host takes half of the partitions, and work of either is done by either', async () => {
  await host.addWorker('second');
  expect(host.workers().map(({ partitions }) => partitions.length)).toEqual([2, 2]);
  await startJobs();
  await host.runUntil(minutes(10));
  expect(statuses()).toEqual(Array.from({ length: JOBS }, () => 'Completed'));
  const by = await seen();
  for (const what of ['activity', 'entity'])
    expect([...new Set(by[what])].sort()).toEqual(['second', 'worker-1']);
  // Turns of an instance stay with the worker that holds its partition.
  const turns = Object.entries(by).filter(([what]) => what.startsWith('turn of'));
  expect(turns.map(([, workers]) => new Set(workers).size)).toEqual(turns.map(() => 1));
  expect(new Set(turns.map(([, workers]) => workers[0])).size).toBe(2);
});

test('what a dead host was doing is done by the other after its timeouts, and its partitions within 31 s', async () => {
  await host.addWorker('second');
  await host.request('POST', '/gate/worker-1');
  const run = startJobs().then(() => host.runUntil(seconds(30)));
  // The virtual clock stands while the activity runs, so everything else waits for it.
  while ((await seen())['activity'] === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  host.killWorker('worker-1');
  await run;
  expect(host.workers()).toMatchObject([
    { name: 'worker-1', alive: false },
    { name: 'second', alive: true, partitions: { length: 2 } },
  ]);
  await host.runUntil(seconds(32));
  expect(host.workers()[1]?.partitions).toEqual([0, 1, 2, 3]);
  // Its activities are hidden for two minutes; then the other worker runs them.
  await host.runUntil(seconds(119));
  expect(statuses()).toContain('Running');
  await host.runUntil(minutes(10));
  expect(statuses()).toEqual(Array.from({ length: JOBS }, () => 'Completed'));
  expect(host.instance('job-0')?.output).toEqual({ by: 'second' });
});

test('HTTP goes to a host that is alive, and nothing is lost while none does', async () => {
  expect((await host.request('GET', '/whoAmI')).body).toEqual({ me: 'worker-1' });
  await startJobs();
  host.killWorker('worker-1');
  await host.runUntil(minutes(5));
  expect(statuses()).toEqual(
    Array.from({ length: JOBS }, () => expect.stringMatching(/Pending|Running/) as string),
  );
  await host.addWorker('second');
  expect((await host.request('GET', '/whoAmI')).body).toEqual({ me: 'second' });
  await host.runUntil(minutes(20));
  expect(statuses()).toEqual(Array.from({ length: JOBS }, () => 'Completed'));
});

test('two workers of one name, a worker that is not there, and session mode are refused in words', async () => {
  await host.addWorker('second');
  await expect(host.addWorker('second')).rejects.toThrow(/give this one another name/);
  expect(() => {
    host.killWorker('third');
  }).toThrow(/there is worker-1, second/);
  await host.close();
  host = await startVirtual(app, { timers: false });
  await expect(host.addWorker('second')).rejects.toThrow(/engine: "faithful"/);
});
