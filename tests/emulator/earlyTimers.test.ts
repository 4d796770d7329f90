import type { AppFolder } from './support/appFolder';
import { repository, startHost, type Host } from './support/nativeHost';
import { minutes, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
const { waitUntil } = require(${JSON.stringify(`${repository}/dist/orchestrations/durable.js`)});
const at = (ctx: any): Date => new Date(ctx.df.currentUtcDateTime.getTime() + ctx.df.getInput().ms);
df.app.orchestration('askAgain', function* (ctx: any): any {
  const due = at(ctx);
  let timers = 0;
  for (; ctx.df.currentUtcDateTime < due; timers += 1) yield ctx.df.createTimer(due);
  return { timers };
});
df.app.orchestration('lowtide', function* (ctx: any): any {
  const due = at(ctx);
  yield* waitUntil(ctx, due.toISOString());
  return { lateMs: ctx.df.currentUtcDateTime.getTime() - due.getTime() };
});
df.app.orchestration('once', function* (ctx: any): any {
  const due = at(ctx);
  yield ctx.df.createTimer(due);
  return { earlyMs: due.getTime() - ctx.df.currentUtcDateTime.getTime() };
});
`;

let app: AppFolder;
let host: Host | undefined;

beforeAll(() => {
  app = testApp(SOURCE);
});
afterEach(() => host?.close());
afterAll(() => {
  app.remove();
});

const timersOf = (now: Host, id: string): number =>
  now.instance(id)?.history.filter((event) => event['EventType'] === 'TimerCreated').length ?? 0;

const outputOf = (now: Host, id: string): Record<string, number> =>
  now.instance(id)?.output as Record<string, number>;

async function runWaits(name: string, count: number): Promise<Host> {
  host = await startVirtual(app, { engine: 'faithful', timers: false });
  for (let n = 0; n < count; n += 1) await start(host, name, `${name}-${n}`, { ms: 600_000 + n * 7_000 });
  await host.runUntil(minutes(60));
  return host;
}

test('in faithful mode a timer fires up to a second early, and the same one as early in every run', async () => {
  const early: number[][] = [];
  for (let run = 0; run < 2; run += 1) {
    const now = await runWaits('once', 20);
    early.push(Array.from({ length: 20 }, (_, n) => outputOf(now, `once-${n}`)['earlyMs'] ?? NaN));
    await now.close();
  }
  const [first = [], second] = early;
  expect(first.filter((ms) => ms < 0 || ms >= 1000)).toEqual([]);
  expect(first.filter((ms) => ms > 0).length).toBeGreaterThan(15);
  expect(second).toEqual(first);
});

test('an orchestration that asks for the same instant again is seen to spin: 20 timers a second', async () => {
  const now = await runWaits('askAgain', 10);
  const timers = Array.from({ length: 10 }, (_, n) => timersOf(now, `askAgain-${n}`));
  expect(Math.max(...timers)).toBeGreaterThan(10);
  expect(Math.max(...timers)).toBeLessThanOrEqual(21);
});

test("a wait of Lowtide's creates at most one timer more than its instant, and does not end before it", async () => {
  const now = await runWaits('lowtide', 20);
  for (let n = 0; n < 20; n += 1) {
    expect(timersOf(now, `lowtide-${n}`)).toBeLessThanOrEqual(2);
    expect(outputOf(now, `lowtide-${n}`)['lateMs']).toBeGreaterThanOrEqual(0);
  }
});

test('session mode keeps timers exact, unless it is set otherwise', async () => {
  host = await startVirtual(app, { timers: false });
  await start(host, 'once', 'exact', { ms: 60_000 });
  await host.runUntil(minutes(2));
  expect(outputOf(host, 'exact')).toEqual({ earlyMs: 0 });
});

test('the real clock fires timers early, too', async () => {
  const now = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'memory' },
    engine: 'faithful',
    timers: false,
  });
  host = now;
  for (let n = 0; n < 10; n += 1) await start(now, 'once', `real-${n}`, { ms: 2_000 });
  for (let n = 0; n < 10; n += 1)
    while (now.instance(`real-${n}`)?.runtimeStatus !== 'Completed')
      await new Promise((resolve) => setTimeout(resolve, 20));
  const early = Array.from({ length: 10 }, (_, n) => outputOf(now, `real-${n}`)['earlyMs'] ?? NaN);
  expect(early.filter((ms) => ms > 0).length).toBeGreaterThan(0);
});
