import type { AppFolder } from './support/appFolder';
import type { Host } from './support/nativeHost';
import { manage, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
df.app.activity('double', { handler: (input: any) => ({ n: (input?.n ?? 0) * 2 }) });
df.app.activity('big', { handler: (input: any) => ({ text: 'x'.repeat(input.n) }) });
df.app.activity('map', { handler: () => ({ found: new Map() }) });
df.app.entity('grumpy', () => { throw new Error('no'); });
df.app.orchestration('reuse', function* (ctx: any): any { const t = [ctx.df.callActivity('double', { n: 1 }), ctx.df.callActivity('double', { n: 2 })]; yield ctx.df.Task.any(t); yield ctx.df.Task.any([t[1]]); return 'x'; });
df.app.orchestration('hang', function* (ctx: any): any { const t = ctx.df.waitForExternalEvent('go'); yield t; yield ctx.df.Task.all([t]); return 'x'; });
df.app.orchestration('asynchronous', async function (ctx: any) { await ctx.df.callActivity('double', {}); } as any);
df.app.orchestration('retryTimeout', function* (ctx: any): any { const o = new df.RetryOptions(1000, 2); o.retryTimeoutInMilliseconds = 5000; yield ctx.df.callActivityWithRetry('double', o, {}); return 'x'; });
df.app.orchestration('dates', function* (ctx: any): any { yield ctx.df.callActivity('double', { n: 1, at: new Date(0) }); return 'x'; });
df.app.orchestration('mapResult', function* (ctx: any): any { yield ctx.df.callActivity('map', {}); return 'x'; });
df.app.orchestration('plain', function* (ctx: any): any { return ctx.df.getInput(); });
df.app.orchestration('scalar', function* (ctx: any): any { yield ctx.df.callActivity('double', true); return 'x'; });
df.app.orchestration('fan', function* (ctx: any): any { yield ctx.df.Task.all(Array.from({ length: ctx.df.getInput().n }, (_, n) => ctx.df.callActivity('double', { n }))); return 'x'; });
df.app.orchestration('large', function* (ctx: any): any { yield ctx.df.callActivity('big', { n: ctx.df.getInput().n }); return 'x'; });
df.app.orchestration('openTimer', function* (ctx: any): any { const timer = ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 60_000)); yield ctx.df.Task.any([timer, ctx.df.callActivity('double', {})]); return 'x'; });
df.app.orchestration('endless', function* (ctx: any): any { for (let n = 0; n < ctx.df.getInput().n; n += 1) yield ctx.df.callActivity('double', { n }); return 'x'; });
df.app.orchestration('callsGrumpy', function* (ctx: any): any { try { yield ctx.df.callEntity(new df.EntityId('grumpy', 'k'), 'op'); } catch (e: any) { return e.message; } });
df.app.orchestration('waiter', function* (ctx: any): any { return yield ctx.df.waitForExternalEvent('go'); });
df.app.orchestration('sameChild', function* (ctx: any): any { yield ctx.df.callSubOrchestrator('waiter', {}, 'taken'); return 'x'; });
let calls = 0;
df.app.orchestration('undetermined', function* (ctx: any): any { calls += 1; yield ctx.df.callActivity('double', { n: calls }); return { calls }; });
`;

let app: AppFolder;
let host: Host;

beforeAll(() => {
  app = testApp(SOURCE);
});
afterEach(async () => {
  await host.close();
});
afterAll(() => {
  app.remove();
});

async function run(
  strict: boolean,
  name: string,
  input: object = {},
): Promise<{ status: string; output: unknown; codes: string[] }> {
  host = await startVirtual(app, { strict });
  await start(host, name, 'i', input);
  if (name === 'hang') await manage(host, 'POST', 'instances/i/raiseEvent/go', {});
  await host.idle();
  const view = host.instance('i');
  return {
    status: view?.runtimeStatus ?? '',
    output: view?.output,
    codes: host.findings.map(({ code }) => code),
  };
}

const REFUSED: readonly (readonly [string, string, object])[] = [
  ['task-reused', 'reuse', {}],
  ['hang', 'hang', {}],
  ['async-orchestrator', 'asynchronous', {}],
  ['retry-timeout', 'retryTimeout', {}],
  ['not-json', 'dates', {}],
  ['timestamp-key', 'plain', { deep: { Timestamp: '2020-01-01T00:00:00Z' } }],
  ['scalar-activity-input', 'scalar', {}],
  ['fan-out', 'fan', { n: 91 }],
  ['open-tasks-at-return', 'openTimer', {}],
  ['history-length', 'endless', { n: 1300 }],
];

test.each(REFUSED)(
  'Lowtide itself is refused %s, with what, why and how to fix',
  async (code, name, input) => {
    const { status, output, codes } = await run(true, name, input);
    expect(codes).toContain(code);
    expect(status).toBe('Failed');
    expect(output).toMatch(new RegExp(`\\[emulator:${code}\\] .+: .+\\. .+\\. .+\\.$`));
  },
);

test('a result that JSON would change fails its activity', async () => {
  const { status, output } = await run(true, 'mapResult');
  expect(status).toBe('Failed');
  expect(output).toMatch(/\[emulator:not-json\] map: result\.found \(a Map\)/);
});

test('messages over 16 kB are reported, over 64 kB refused', async () => {
  const reported = await run(true, 'large', { n: 20_000 });
  expect([reported.status, reported.codes]).toEqual(['Completed', ['message-size']]);
  await host.close();
  expect((await run(true, 'large', { n: 70_000 })).status).toBe('Failed');
});

test('a fan-out of 90, and a history of a thousand events, are allowed', async () => {
  expect((await run(true, 'fan', { n: 90 })).status).toBe('Completed');
  await host.close();
  const long = await run(true, 'endless', { n: 300 });
  expect([long.status, long.codes]).toEqual(['Completed', ['history-length']]);
});

test('a child under the id of a running instance is refused', async () => {
  host = await startVirtual(app, { strict: true });
  await start(host, 'waiter', 'taken');
  await start(host, 'sameChild', 'i');
  await host.idle();
  expect(host.instance('i')?.output).toMatch(/\[emulator:duplicate-live-instance\]/);
  expect(host.instance('taken')?.runtimeStatus).toBe('Running');
});

test('a hosted app is warned once, and then gets what the real host does', async () => {
  const reuse = await run(false, 'reuse');
  expect(reuse).toEqual({ status: 'Completed', output: 'x', codes: ['task-reused', 'open-tasks-at-return'] });
  expect(host.stats.activities).toBe(3);
  await host.close();
  expect(await run(false, 'dates')).toMatchObject({ status: 'Completed', codes: [] });
  await host.close();
  expect(await run(false, 'hang')).toMatchObject({ status: 'Running', codes: ['hang'] });
  await host.close();
  expect(await run(false, 'fan', { n: 200 })).toMatchObject({ status: 'Completed', codes: ['fan-out'] });
});

test('an Error thrown in an entity reaches the caller as "[object Object]", and is reported', async () => {
  expect(await run(true, 'callsGrumpy')).toEqual({
    status: 'Completed',
    output: '[object Object]',
    codes: ['entity-threw-an-error'],
  });
});

test('a hosted app that returns with an open timer stays Running until it fires', async () => {
  const before = await run(false, 'openTimer');
  expect(before).toMatchObject({ status: 'Running', codes: ['open-tasks-at-return'] });
  await host.runUntil('2026-11-01T00:01:00Z');
  expect(host.instance('i')).toMatchObject({ runtimeStatus: 'Completed', output: 'x' });
});

test('the audit stops the run at an orchestrator that is not deterministic', async () => {
  host = await startVirtual(app, { strict: true, auditEvery: 1 });
  await start(host, 'undetermined', 'i');
  await expect(host.idle()).rejects.toThrow(/audit-mismatch.*undetermined/);
});

test('a broken engine answers no more as if nothing had happened', async () => {
  host = await startVirtual(app, { auditEvery: 1 });
  await start(host, 'undetermined', 'i');
  await expect(host.idle()).rejects.toThrow();
  await expect(host.runUntil('2026-11-02T00:00:00Z')).rejects.toThrow(/audit-mismatch/);
  expect((await manage(host, 'GET', 'instances/i')).status).toBe(202);
});
