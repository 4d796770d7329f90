import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppFolder } from './support/appFolder';
import { repository, startHost, type Host, type HostOptions } from './support/nativeHost';
import { manage, minutes, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
import { appendFileSync } from 'node:fs';
df.app.activity('note', { handler: async (input: any) => {
  if (process.env.NOTES) appendFileSync(process.env.NOTES, JSON.stringify(input) + '\\n');
  await new Promise((resolve) => setTimeout(resolve, input.waitMs ?? 0));
  return { n: input.n };
} });
df.app.entity('counter', (ctx: any) => { const s = ctx.df.getState(() => ({ n: 0 })); if (ctx.df.operationName === 'add') ctx.df.setState({ n: s.n + ctx.df.getInput().n }); else ctx.df.return(s); });
df.app.orchestration('steps', function* (ctx: any): any { let sum = 0; const { steps, waitMs } = ctx.df.getInput(); for (let n = 0; n < steps; n += 1) sum += (yield ctx.df.callActivity('note', { n, waitMs, id: ctx.df.instanceId })).n; return { sum }; });
df.app.orchestration('everything', function* (ctx: any): any {
  const { n } = yield ctx.df.callActivity('note', { n: 1 });
  const options = new df.RetryOptions(600_000, 2);
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 3_600_000));
  const child = yield ctx.df.callSubOrchestrator('waits', {}, ctx.df.instanceId + ':child');
  yield ctx.df.callEntity(new df.EntityId('counter', 'e'), 'add', { n: 2 });
  const total = yield ctx.df.callEntity(new df.EntityId('counter', 'e'), 'get');
  yield ctx.df.callActivityWithRetry('note', options, { n: 3 });
  const timer = ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 86_400_000));
  const event = ctx.df.waitForExternalEvent('late');
  const winner = yield ctx.df.Task.any([event, timer]);
  if (winner === event) timer.cancel();
  return { n, child, total, late: event.result, now: ctx.df.currentUtcDateTime };
});
df.app.orchestration('waits', function* (ctx: any): any { return yield ctx.df.waitForExternalEvent('go'); });
app.timer('hourly', { schedule: '0 0 * * * *', handler: async (t, ctx) => { if (process.env.NOTES) appendFileSync(process.env.NOTES, JSON.stringify({ hourly: DateTime.utc().toISO(), late: t.isPastDue }) + '\\n'); } });
`;

let app: AppFolder;
let folder: string;
let journal: string;
let host: Host | undefined;

beforeAll(() => {
  app = testApp(SOURCE);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  journal = join(folder, 'host.journal');
});
afterEach(async () => {
  await host?.close();
  host = undefined;
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  app.remove();
});

const open = async (options: Partial<HostOptions> = {}): Promise<Host> => {
  await host?.close();
  host = await startVirtual(app, { store: { kind: 'journal', path: journal }, timers: false, ...options });
  return host;
};

test.each(['session', 'faithful'] as const)(
  'an orchestration goes on over any number of restarts (%s)',
  async (engine) => {
    const options = { engine, auditEvery: 1, earlyTimers: false };
    let now = await open(options);
    await start(now, 'everything', 'i');
    now = await open(options);
    await now.runUntil(minutes(30));
    now = await open(options);
    await now.runUntil(minutes(61));
    now = await open(options);
    await manage(now, 'POST', 'instances/i:child/raiseEvent/go', { went: true });
    now = await open(options);
    await now.idle();
    now = await open(options);
    await manage(now, 'POST', 'instances/i/raiseEvent/late', { came: true });
    now = await open(options);
    await now.idle();
    expect(now.instance('i')?.output).toEqual({
      n: 1,
      child: { went: true },
      total: { n: 2 },
      late: { came: true },
      now: minutes(60),
    });
  },
);

test('the virtual clock goes on where the journal ends, not where the host is set to start', async () => {
  const first = await open();
  await start(first, 'everything', 'i');
  await first.runUntil(minutes(60));
  const second = await open();
  expect(second.nowUtc()).toBe(minutes(60));
});

test('time does not go back when the real clock takes over from a virtual one', async () => {
  const first = await open();
  await start(first, 'everything', 'i');
  const ahead = new Date(Date.now() + 10 * 365 * 86_400_000).toISOString();
  await first.runUntil(ahead);
  await start(first, 'steps', 'j', { steps: 1 });
  await first.idle();
  const second = await open({ clock: { kind: 'real' } });
  expect(second.nowUtc() >= ahead).toBe(true);
});

test('a purged instance does not come back', async () => {
  const first = await open();
  await start(first, 'steps', 'i', { steps: 1 });
  await first.idle();
  await manage(first, 'DELETE', 'instances/i');
  const second = await open();
  expect(second.instance('i')).toBeUndefined();
});

test.each([
  ['half a line', '0badc0de {"nowMs":17'],
  ['a line that is not what its checksum says', '0badc0de {"nowMs":17}\n'],
])('a torn end is dropped, what stands before it is kept: %s', async (_, torn) => {
  const first = await open();
  await start(first, 'waits', 'i');
  await first.close();
  appendFileSync(journal, torn);
  const lines: string[] = [];
  const second = await open({ log: (line) => lines.push(line) });
  expect(second.instance('i')?.runtimeStatus).toBe('Running');
  expect(lines.join('\n')).toContain('no whole commit');
});

test('starting up makes the journal as small as what it has to keep', async () => {
  const first = await open();
  await start(first, 'steps', 'i', { steps: 60 });
  await first.idle();
  await first.close();
  const before = statSync(journal).size;
  await open();
  expect(statSync(journal).size).toBeLessThan(before / 2);
});

test('two hosts cannot share a journal, and a killed host leaves no lock behind', async () => {
  const first = await open();
  const again = startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'journal', path: journal },
  });
  await expect(again).rejects.toThrow(/is in use by another host in this process/);
  await first.close();
  expect(existsSync(`${journal}.lock`)).toBe(false);
  // A process id that cannot be alive.
  appendFileSync(`${journal}.lock`, '999999999\n');
  await expect(open()).resolves.toBeDefined();
});

test('a timer function that was missed while the host was down is made up for, once', async () => {
  const notes = join(folder, 'notes');
  const environment = { NOTES: notes };
  const first = await open({ timers: true, environment });
  await first.runUntil(minutes(60));
  await first.close();
  const clock = { kind: 'virtual', startUtc: minutes(4 * 60 + 30) } as const;
  const second = await open({ timers: true, environment, clock });
  await second.idle();
  const fired = readFileSync(notes, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(fired).toEqual([
    { hourly: minutes(60), late: false },
    { hourly: minutes(4 * 60 + 30), late: true },
  ]);
});

const CHILD = `
const [hostFile, appDir, journal] = process.argv.slice(1);
const { startHost } = require(hostFile);
startHost({ appDir, clock: { kind: 'real' }, store: { kind: 'journal', path: journal }, port: 0, timers: false })
  .then((host) => process.stdout.write(host.baseUrl + '\\n'), (error) => { console.error(error); process.exit(1); });
`;

async function startChild(): Promise<{ child: ChildProcess; baseUrl: string }> {
  const hostFile = join(repository, 'dist', 'emulator', 'host.js');
  const child = spawn(process.execPath, ['-e', CHILD, hostFile, app.dir, journal], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const baseUrl = await new Promise<string>((resolve) =>
    child.stdout.once('data', (line: Buffer) => {
      resolve(line.toString().trim());
    }),
  );
  return { child, baseUrl };
}

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

test('nothing that was acknowledged is lost by kill -9, at any moment', async () => {
  const acknowledged: string[] = [];
  const signals: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { child, baseUrl } = await startChild();
    const deadline = Date.now() + 300 + round * 130;
    for (let n = 0; n < 8 || Date.now() < deadline; n += 1) {
      const id = `r${round}-${n}`;
      if ((await post(`${baseUrl}/start/steps/${id}`, { steps: 20, waitMs: 2 })).status === 202)
        acknowledged.push(id);
      const signal = await post(`${baseUrl}/runtime/webhooks/durabletask/entities/counter/sum?op=add`, {
        n: 1,
      });
      if (signal.status === 202) signals.push(1);
    }
    await kill(child);
  }
  const last = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'journal', path: journal },
    timers: false,
  });
  host = last;
  await last.idle();
  const outputs = acknowledged.map((id) => last.instance(id)?.output);
  expect(acknowledged.length).toBeGreaterThan(20);
  expect(outputs).toEqual(acknowledged.map(() => ({ sum: 190 })));
  // The signal in flight at each kill may have been accepted without anyone hearing of it.
  const { n } = (await manage(last, 'GET', 'entities/counter/sum')).body as { n: number };
  expect(n).toBeGreaterThanOrEqual(signals.length);
  expect(n).toBeLessThanOrEqual(signals.length + 3);
});
