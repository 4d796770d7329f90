import type { AppFolder } from './support/appFolder';
import { startHost, type Host } from './support/nativeHost';
import { minutes, start, START_UTC, startVirtual, testApp } from './support/testApp';

const SOURCE = `
const seen: string[] = [];
(globalThis as any).emulatorSeen = seen;
df.app.activity('note', { handler: async (input: any) => { seen.push(DateTime.utc().toISO() + ' ' + input.name); return { count: seen.length }; } });
df.app.activity('slow', { handler: async () => { await new Promise((resolve) => setTimeout(resolve, 300)); return {}; } });
df.app.activity('now', { handler: async () => ({ now: DateTime.utc().toMillis() }) });
df.app.orchestration('ticks', function* (ctx: any): any {
  const { name, every, times } = ctx.df.getInput();
  const counts: number[] = [];
  for (let i = 0; i < times; i += 1) {
    yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + every));
    counts.push((yield ctx.df.callActivity('note', { name: name + i })).count);
  }
  return { counts, guid: ctx.df.newGuid('x'), at: ctx.df.currentUtcDateTime };
});
df.app.orchestration('waitsAnHour', function* (ctx: any): any {
  const before = (yield ctx.df.callActivity('now', {})).now;
  yield ctx.df.callActivity('slow', {});
  const between = (yield ctx.df.callActivity('now', {})).now;
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 3_600_000));
  return { slowMs: between - before, timerMs: (yield ctx.df.callActivity('now', {})).now - between };
});
df.app.activity('failsAndGoesOn', { handler: async () => {
  void (async () => {
    for (let turn = 0; turn < 10_000; turn += 1) await null;
    seen.push(DateTime.utc().toISO() + ' left under way');
  })();
  throw new Error('One of many requests failed.');
} });
df.app.orchestration('triesTwice', function* (ctx: any): any {
  yield ctx.df.callActivityWithRetry('failsAndGoesOn', new df.RetryOptions(5_000, 2), {});
});
app.timer('weekdays', { schedule: '0 30 9 * * 1-5', handler: () => { seen.push(DateTime.utc().toISO() + ' weekday'); } });
app.timer('monthly', { schedule: '%MONTHLY%', handler: () => { seen.push(DateTime.utc().toISO() + ' monthly'); } });
app.http('seen', { route: 'seen', methods: ['GET'], handler: async () => ({ jsonBody: { seen, now: DateTime.utc().toISO() } }) });
`;

let app: AppFolder;
let host: Host;

beforeAll(() => {
  const settings = { IsEncrypted: false, Values: { MONTHLY: '0 0 0 2 * *' } };
  app = testApp(SOURCE, { 'local.settings.json': JSON.stringify(settings) });
});
afterEach(async () => {
  await host.close();
});
afterAll(() => {
  app.remove();
});

const seen = async (): Promise<readonly string[]> =>
  ((await host.request('GET', '/seen')).body as { seen: string[] }).seen;

async function wholeRun(): Promise<string> {
  host = await startVirtual(app);
  for (let n = 0; n < 20; n += 1)
    await start(host, 'ticks', `t${n}`, { name: `t${n}-`, every: 60_000 * (1 + (n % 3)), times: 10 });
  await host.runUntil(minutes(3 * 1440));
  const outputs = Array.from({ length: 20 }, (_, n) => host.instance(`t${n}`));
  return JSON.stringify([await seen(), outputs]);
}

test('the same app and inputs give the same run, to the byte, under the virtual clock', async () => {
  const first = await wholeRun();
  await host.close();
  expect(await wholeRun()).toBe(first);
});

test('the virtual clock stands still outside of runUntil, and exactly where it was sent', async () => {
  host = await startVirtual(app);
  expect(host.nowUtc()).toBe(START_UTC);
  await host.runUntil('2026-11-03T04:05:06.789Z');
  const answer = await host.request('GET', '/seen');
  expect([host.nowUtc(), (answer.body as { now: string }).now]).toEqual([
    '2026-11-03T04:05:06.789Z',
    '2026-11-03T04:05:06.789Z',
  ]);
});

test('the virtual clock does not move before what a failed activity left under way is over', async () => {
  host = await startVirtual(app);
  await start(host, 'triesTwice', 'twice');
  await host.runUntil(minutes(1));
  expect(await seen()).toEqual([
    '2026-11-01T00:00:00.000Z left under way',
    '2026-11-01T00:00:05.000Z left under way',
  ]);
});

test('timer functions fire on the host clock, in UTC, by six-field expressions and app settings', async () => {
  host = await startVirtual(app);
  await host.runUntil('2026-11-09T12:00:00Z');
  // The first is a Sunday.
  const weekdays = ['02', '03', '04', '05', '06', '09'].map((day) => `2026-11-${day}T09:30:00.000Z weekday`);
  expect(await seen()).toEqual(['2026-11-02T00:00:00.000Z monthly', ...weekdays]);
});

test('timer functions can be left to the caller', async () => {
  host = await startVirtual(app, { timers: false });
  await host.runUntil('2026-11-09T12:00:00Z');
  expect(await seen()).toEqual([]);
});

test('a sped-up clock stands still while an activity works, and hurries through the waits', async () => {
  const clock = { kind: 'spedUp', speed: 36_000, startUtc: START_UTC } as const;
  host = await startHost({ appDir: app.dir, clock, store: { kind: 'memory' }, timers: false });
  const begun = performance.now();
  await start(host, 'waitsAnHour', 'i');
  while (host.instance('i')?.runtimeStatus !== 'Completed')
    await new Promise((resolve) => setTimeout(resolve, 10));
  const output = host.instance('i')?.output as { slowMs: number; timerMs: number };
  // At this speed the activity's 300 ms would be three hours.
  expect(output.slowMs).toBeLessThan(300 * clock.speed);
  expect(output.timerMs).toBeGreaterThanOrEqual(3_600_000);
  // At most `speed` times real time: the hour takes at least a tenth of a second.
  expect(performance.now() - begun).toBeGreaterThanOrEqual(400);
});

test('the real clock cannot be made to jump', async () => {
  host = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'memory' },
    timers: false,
  });
  await expect(host.runUntil('2030-01-01T00:00:00Z')).rejects.toThrow(/Only the virtual clock jumps/);
});

test('a host closes at once, also when its last work has ended in the same moment', async () => {
  host = await startHost({ appDir: app.dir, clock: { kind: 'real' }, store: { kind: 'memory' } });
  await start(host, 'ticks', 'last', { name: 'last-', every: 1, times: 0 });
  await host.idle();
  await host.close();
  expect(host.instance('last')?.runtimeStatus).toBe('Completed');
});
