import type { AppFolder } from './support/appFolder';
import { startHost, type Host } from './support/nativeHost';
import { manage, minutes, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
let tries = 0;
df.app.activity('double', { handler: (input: any) => ({ n: input.n * 2 }) });
df.app.activity('echo', { handler: (input: any) => ({ got: input === undefined ? 'undefined' : input }) });
df.app.activity('clock', { handler: () => ({ at: DateTime.utc().toISO() }) });
df.app.activity('thirdTime', { handler: () => { tries += 1; if (tries < 3) throw new Error('try ' + tries); return { tries }; } });
df.app.activity('never', { handler: () => { throw new Error('never works'); } });
df.app.entity('counter', (ctx: any) => {
  const state = ctx.df.getState(() => ({ n: 0 }));
  switch (ctx.df.operationName) {
    case 'add': state.n += ctx.df.getInput().n; ctx.df.setState(state); break;
    case 'get': ctx.df.return(state); break;
    case 'pass': ctx.df.signalEntity(new df.EntityId('counter', 'next'), 'add', { n: 5 }); break;
    case 'throw': throw 'refused';
  }
});
df.app.orchestration('sequence', function* (ctx: any): any { let n = ctx.df.getInput().n; for (let i = 0; i < 3; i += 1) n = (yield ctx.df.callActivity('double', { n })).n; return { n }; });
df.app.orchestration('fanOut', function* (ctx: any): any { const all = yield ctx.df.Task.all([1, 2, 3].map((n) => ctx.df.callActivity('double', { n }))); return all.map((each: any) => each.n); });
df.app.orchestration('timer', function* (ctx: any): any {
  const from = yield ctx.df.callActivity('clock', {});
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 90 * 60_000));
  const to = yield ctx.df.callActivity('clock', {});
  return { from: from.at, to: to.at, now: ctx.df.currentUtcDateTime };
});
df.app.orchestration('longTimer', function* (ctx: any): any {
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 10 * 24 * 3600_000));
  const { n } = yield ctx.df.callActivity('double', { n: 4 });
  return { n, now: ctx.df.currentUtcDateTime };
});
df.app.orchestration('retry', function* (ctx: any): any {
  const options = new df.RetryOptions(60_000, 4); options.backoffCoefficient = 2;
  const { tries } = yield ctx.df.callActivityWithRetry('thirdTime', options, {});
  let failed = ''; try { yield ctx.df.callActivityWithRetry('never', new df.RetryOptions(60_000, 2), {}); } catch (e: any) { failed = e.message.split(' \\n')[0]; }
  const { n } = yield ctx.df.callActivity('double', { n: 1 });
  return { tries, failed, n, now: ctx.df.currentUtcDateTime };
});
df.app.orchestration('mixed', function* (ctx: any): any {
  const retrying = ctx.df.callActivityWithRetry('never', new df.RetryOptions(60_000, 2), {});
  const [a, b] = [ctx.df.callActivity('double', { n: 1 }), ctx.df.callActivity('double', { n: 2 })];
  const first = yield a;
  const second = yield b;
  const third = yield ctx.df.callActivity('double', { n: first.n + second.n });
  let failed = false; try { yield retrying; } catch { failed = true; }
  return { third: third.n, failed };
});
df.app.orchestration('batch', function* (ctx: any): any {
  const done = ctx.df.callActivity('double', { n: 1 });
  const retrying = ctx.df.callActivityWithRetry('never', new df.RetryOptions(60_000, 2), {});
  yield ctx.df.Task.any([done, retrying]);
  const { n } = yield ctx.df.callActivity('double', { n: 7 });
  let failed = false; try { yield retrying; } catch { failed = true; }
  return { n, failed };
});
df.app.activity('slow', { handler: async (input: any) => { await new Promise((resolve) => setTimeout(resolve, input.ms)); return input; } });
let polls = 0;
app.http('polled', { route: 'polled', methods: ['GET'], handler: async () => { polls += 1; return polls < 3 ? { status: 202, headers: { Location: '/polled', 'Retry-After': '0' } } : { jsonBody: { polls } }; } });
df.app.orchestration('callsHttp', function* (ctx: any): any { const answer = yield ctx.df.callHttp({ method: 'GET', url: ctx.df.getInput().url }); const { n } = yield ctx.df.callActivity('double', { n: 2 }); return { code: answer.statusCode, content: answer.content, n }; });
df.app.orchestration('leaves', function* (ctx: any): any {
  const { round } = ctx.df.getInput();
  if (round === 2) return yield ctx.df.callActivity('slow', { ms: 150, of: 'second' });
  const slow = ctx.df.callActivity('slow', { ms: 60, of: 'first' });
  yield ctx.df.Task.any([slow, ctx.df.callActivity('double', { n: 1 })]);
  ctx.df.continueAsNew({ round: 2 });
});
df.app.orchestration('parent', function* (ctx: any): any {
  const named = yield ctx.df.callSubOrchestrator('sequence', { n: 1 }, ctx.df.instanceId + ':child', '0.8');
  const unnamed = yield ctx.df.callSubOrchestrator('version', {});
  let caught = ''; try { yield ctx.df.callSubOrchestrator('fails', {}); } catch (e: any) { caught = e.message.split(' \\n')[0]; }
  return { named, unnamed, caught, version: ctx.df.version };
});
df.app.orchestration('version', function* (ctx: any): any { return { version: ctx.df.version, parent: ctx.df.parentInstanceId }; });
df.app.orchestration('fails', function* (): any { throw new Error('on purpose'); });
df.app.orchestration('waiter', function* (ctx: any): any { return yield ctx.df.waitForExternalEvent('go'); });
df.app.orchestration('race', function* (ctx: any): any {
  const timer = ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 3_600_000));
  const event = ctx.df.waitForExternalEvent('go');
  const winner = yield ctx.df.Task.any([event, timer]);
  if (winner === event) { timer.cancel(); return { won: event.result }; }
  return { won: 'timer' };
});
df.app.orchestration('entities', function* (ctx: any): any {
  const id = new df.EntityId('Counter', 'Kept');
  ctx.df.signalEntity(id, 'add', { n: 40 });
  yield ctx.df.callEntity(id, 'add', { n: 2 });
  ctx.df.signalEntity(id, 'pass', {});
  let refused = ''; try { yield ctx.df.callEntity(id, 'throw'); } catch (e: any) { refused = e.message; }
  return { total: yield ctx.df.callEntity(id, 'get'), refused };
});
df.app.orchestration('locks', function* (ctx: any): any {
  const id = new df.EntityId('counter', 'locked');
  const lock = yield ctx.df.lock(id, new df.EntityId('counter', 'other'));
  const before = yield ctx.df.callEntity(id, 'get');
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 60_000));
  yield ctx.df.callEntity(id, 'add', { n: 1 });
  const after = yield ctx.df.callEntity(id, 'get');
  lock.release();
  yield ctx.df.callActivity('double', { n: 1 });
  return { grew: after.n - before.n };
});
df.app.orchestration('anew', function* (ctx: any): any {
  const { n } = ctx.df.getInput();
  yield ctx.df.callActivity('double', { n });
  const event = yield ctx.df.waitForExternalEvent('e');
  if (n < 3) { ctx.df.continueAsNew({ n: n + 1 }); return; }
  return { n, event };
});
df.app.orchestration('unknownChild', function* (ctx: any): any { yield ctx.df.callActivity('nowhere', {}); });
df.app.orchestration('status', function* (ctx: any): any { ctx.df.setCustomStatus({ step: 1 }); yield ctx.df.waitForExternalEvent('go'); ctx.df.setCustomStatus({ step: 2 }); return {}; });
df.app.orchestration('values', function* (ctx: any): any { const out: any[] = []; for (const v of [null, 5, 'text', true, [1], '7']) out.push((yield ctx.df.callActivity('echo', v)).got); return out; });
`;

const HOST_JSON = JSON.stringify({
  version: '2.0',
  extensions: { http: { routePrefix: '' }, durableTask: { defaultVersion: '1.0' } },
});

let app: AppFolder;
let host: Host;

beforeAll(() => {
  app = testApp(SOURCE, { 'host.json': HOST_JSON });
});
afterAll(() => {
  app.remove();
});

const output = (id: string): unknown => host.instance(id)?.output;

// Sessions are audited at every episode, so each of these also holds session mode against a full replay.
describe.each([
  ['faithful', 0],
  ['session', 1],
] as const)('in %s mode', (engine, auditEvery) => {
  beforeEach(async () => {
    host = await startVirtual(app, { engine, auditEvery, timers: false, earlyTimers: false });
  });
  afterEach(async () => {
    await host.close();
  });

  test('activities run one after another, each with the result of the one before', async () => {
    await start(host, 'sequence', 'i', { n: 1 });
    await host.idle();
    expect(output('i')).toEqual({ n: 8 });
  });

  test('a fan-out comes back in the order in which it was asked', async () => {
    await start(host, 'fanOut', 'i');
    await host.idle();
    expect(output('i')).toEqual([2, 4, 6]);
  });

  test('a durable timer fires at its exact instant, and activities see that instant through luxon', async () => {
    await start(host, 'timer', 'i');
    await host.runUntil(minutes(89));
    expect(host.instance('i')?.runtimeStatus).toBe('Running');
    await host.runUntil(minutes(200));
    expect(output('i')).toEqual({ from: minutes(0), to: minutes(90), now: minutes(90) });
    expect(host.nowUtc()).toBe(minutes(200));
  });

  test('a timer of more than six days is waited for in chunks of three, as on the real host', async () => {
    await start(host, 'longTimer', 'i');
    await host.runUntil(minutes(11 * 1440));
    expect(output('i')).toEqual({ n: 8, now: minutes(10 * 1440) });
    const fired = host.instance('i')?.history.filter((event) => event['EventType'] === 'TimerFired');
    expect(fired?.map((event) => event['FireAt'])).toEqual([3, 6, 10].map((days) => minutes(days * 1440)));
  });

  test('a failing activity is retried with growing pauses, and fails after its last attempt', async () => {
    await start(host, 'retry', 'i');
    await host.runUntil(minutes(60));
    const failed = "Activity function 'never' failed:  never works";
    expect(output('i')).toEqual({ tries: 3, failed, n: 2, now: minutes(1 + 2 + 1) });
  });

  test('task ids stay right when retries fail among other completions', async () => {
    await start(host, 'mixed', 'i');
    await host.runUntil(minutes(60));
    expect(output('i')).toEqual({ third: 12, failed: true });
  });

  test('a failed attempt takes its task id before what user code schedules in the same batch', async () => {
    await start(host, 'batch', 'i');
    await host.runUntil(minutes(60));
    expect(output('i')).toEqual({ n: 14, failed: true });
  });

  test('a child gets the version its parent passes, and without one the default of host.json', async () => {
    await start(host, 'parent', 'i', {}, '?version=0.9');
    await host.idle();
    const caught = "Orchestrator function 'fails' failed: on purpose";
    expect(output('i')).toEqual({
      named: { n: 8 },
      unnamed: { version: '1.0', parent: 'i' },
      caught,
      version: '0.9',
    });
    expect(host.instance('i:child')?.version).toBe('0.8');
  });

  test('the event wins the race and the cancelled timer holds nothing up', async () => {
    await start(host, 'race', 'i');
    await manage(host, 'POST', 'instances/i/raiseEvent/go', { by: 'me' });
    await host.idle();
    expect(host.instance('i')).toMatchObject({ runtimeStatus: 'Completed', output: { won: { by: 'me' } } });
  });

  test('the timer wins the race when no event comes', async () => {
    await start(host, 'race', 'i');
    await host.runUntil(minutes(60));
    expect(output('i')).toEqual({ won: 'timer' });
  });

  test('entities are signalled and called, keep their state, and pass signals on', async () => {
    await start(host, 'entities', 'i');
    await host.idle();
    expect(output('i')).toEqual({ total: { n: 42 }, refused: 'refused' });
    expect((await manage(host, 'GET', 'entities/counter/Kept')).body).toEqual({ n: 42 });
    expect((await manage(host, 'GET', 'entities/COUNTER/next')).body).toEqual({ n: 5 });
    expect((await manage(host, 'GET', 'entities/counter/kept')).status).toBe(404);
  });

  test('a locked entity serves no other caller until it is released', async () => {
    await start(host, 'locks', 'a');
    await start(host, 'locks', 'b');
    await host.runUntil(minutes(1));
    expect([output('a'), host.instance('b')?.runtimeStatus]).toEqual([{ grew: 1 }, 'Running']);
    await host.runUntil(minutes(5));
    expect(output('b')).toEqual({ grew: 1 });
  });

  test('continue-as-new keeps events that were received and not consumed', async () => {
    await start(host, 'anew', 'i', { n: 1 });
    for (const n of [1, 2, 3]) await manage(host, 'POST', 'instances/i/raiseEvent/e', { n });
    await host.idle();
    expect(output('i')).toEqual({ n: 3, event: { n: 3 } });
  });

  test('a suspended orchestration takes events in and does nothing until it is resumed', async () => {
    await start(host, 'waiter', 'i');
    await manage(host, 'POST', 'instances/i/suspend?reason=pause');
    await manage(host, 'POST', 'instances/i/raiseEvent/go', { a: 1 });
    await host.idle();
    expect(host.instance('i')).toMatchObject({ runtimeStatus: 'Suspended', output: 'pause' });
    await manage(host, 'POST', 'instances/i/resume?reason=on');
    await host.idle();
    expect(host.instance('i')).toMatchObject({ runtimeStatus: 'Completed', output: { a: 1 } });
  });

  test('a terminated orchestration ends with its reason, and answers 410 from then on', async () => {
    await start(host, 'waiter', 'i');
    await manage(host, 'POST', 'instances/i/terminate?reason=enough');
    await host.idle();
    expect(host.instance('i')).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
    expect((await manage(host, 'POST', 'instances/i/raiseEvent/go', 1)).status).toBe(410);
  });

  test('an id that is running cannot be started; a finished one starts again; a purged one is gone', async () => {
    await start(host, 'waiter', 'i');
    await host.idle();
    expect(await start(host, 'waiter', 'i')).toBe(500);
    await manage(host, 'POST', 'instances/i/raiseEvent/go', { once: true });
    await host.idle();
    expect(await start(host, 'waiter', 'i')).toBe(202);
    expect((await manage(host, 'DELETE', 'instances/i')).status).toBe(404);
    await manage(host, 'POST', 'instances/i/raiseEvent/go', { twice: true });
    await host.idle();
    expect((await manage(host, 'DELETE', 'instances/i')).body).toEqual({ instancesDeleted: 1 });
    expect(host.instance('i')).toBeUndefined();
  });

  test('an unknown activity fails the orchestration and names the known ones', async () => {
    await start(host, 'unknownChild', 'i');
    await host.idle();
    expect(host.instance('i')?.runtimeStatus).toBe('Failed');
    expect(output('i')).toMatch(
      /^Orchestrator function 'unknownChild' failed: The function 'nowhere' doesn't exist/,
    );
  });

  test('the custom status is there while the orchestration runs', async () => {
    await start(host, 'status', 'i');
    await host.idle();
    expect(host.instance('i')?.customStatus).toEqual({ step: 1 });
    await manage(host, 'POST', 'instances/i/raiseEvent/go', {});
    await host.idle();
    expect(host.instance('i')?.customStatus).toEqual({ step: 2 });
  });

  test('scalars reach an activity as on the real host: null as undefined, true as the string "True"', async () => {
    await start(host, 'values', 'i');
    await host.idle();
    expect(output('i')).toEqual(['undefined', 5, 'text', 'True', [1], 7]);
  });
});

test('both modes write the same history', async () => {
  const histories: unknown[] = [];
  for (const engine of ['faithful', 'session'] as const) {
    const each = await startVirtual(app, { engine, timers: false, earlyTimers: false });
    for (const name of ['sequence', 'timer', 'longTimer', 'retry', 'mixed', 'parent', 'race'])
      await start(each, name, name, { n: 1 });
    await each.runUntil(minutes(11 * 1440));
    const kept = ['sequence', 'timer', 'longTimer', 'mixed', 'parent', 'race'];
    histories.push(
      kept.map((id) => JSON.stringify(each.instance(id)?.history).replace(/at [^"]*/g, 'STACK')),
    );
    await each.close();
  }
  expect(histories[1]).toEqual(histories[0]);
});

test('a result that comes after continue-as-new is not taken for one of the new execution', async () => {
  const each = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'memory' },
    timers: false,
  });
  await start(each, 'leaves', 'i', { round: 1 });
  await each.idle();
  expect(each.instance('i')?.output).toEqual({ ms: 150, of: 'second' });
  await each.close();
});

test('callHttp polls an answer of 202 until it is done', async () => {
  const each = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'memory' },
    timers: false,
    port: 0,
  });
  await start(each, 'callsHttp', 'i', { url: `${each.baseUrl}/polled` });
  await each.idle();
  expect(each.instance('i')?.output).toEqual({ code: 200, content: '{"polls":3}', n: 4 });
  await each.close();
});
