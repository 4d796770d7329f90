import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CrashHost as CrashHostClass } from '../../emulator/engine/persistPoints';
import { parseHostJson } from '../../emulator/hostJson';
import type { AppFolder } from './support/appFolder';
import { loadNatively, repository, startHost, type Host, type HostOptions } from './support/nativeHost';
import { manage, minutes, start, startVirtual, testApp } from './support/testApp';

const { CrashHost } = loadNatively('dist/emulator/host.js') as { CrashHost: typeof CrashHostClass };

const SOURCE = `
df.app.activity('note', { handler: async () => ({ at: DateTime.utc().toISO() }) });
df.app.activity('hangs', { handler: async () => { await new Promise((resolve) => setTimeout(resolve, 30_000).unref()); return {}; } });
df.app.orchestration('one', function* (ctx: any): any { return yield ctx.df.callActivity('note', {}); });
df.app.orchestration('stuck', function* (ctx: any): any { try { yield ctx.df.callActivity('hangs', {}); } catch (error: any) { return { failed: error.message }; } });
df.app.orchestration('waits', function* (ctx: any): any { yield ctx.df.waitForExternalEvent('go'); return { version: ctx.df.version }; });
app.http('slow', { route: 'slow', methods: ['GET'], handler: async () => { await new Promise((resolve) => setTimeout(resolve, 30_000).unref()); return { status: 200 }; } });
`;

type DurableTask = Readonly<Record<string, unknown>>;

const hostJson = (durableTask: DurableTask, rest: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ version: '2.0', extensions: { http: { routePrefix: '' }, durableTask }, ...rest });

let folder: string;
let apps: AppFolder[] = [];
let host: Host | undefined;
let lines: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-json-'));
  lines = [];
});
afterEach(async () => {
  await host?.close();
  host = undefined;
  for (const app of apps) app.remove();
  apps = [];
  rmSync(folder, { recursive: true, force: true });
});

function appWith(text: string): AppFolder {
  const app = testApp(SOURCE, { 'host.json': text });
  apps.push(app);
  return app;
}

const journaled = (): Partial<HostOptions> => ({
  store: { kind: 'journal', path: join(folder, 'journal') },
  timers: false,
  log: (line) => lines.push(line),
});

test('the shipped host.json says nothing that the host or the durable extension does not read', () => {
  const shipped = JSON.parse(readFileSync(join(repository, 'host.json'), 'utf8')) as unknown;
  expect(parseHostJson(shipped).unknown).toEqual([]);
});

test('a member that the real host ignores is an error for Lowtide and a warning for a hosted app', async () => {
  const app = appWith(
    hostJson({ workItemQueueVisibilityTimeout: '00:01:00', storageProvider: { partition: 4 } }),
  );
  await expect(startVirtual(app, { strict: true })).rejects.toThrow(
    /host-json.*durableTask.workItemQueueVisibilityTimeout/,
  );
  host = await startVirtual(app);
  expect(host.findings.map(({ subject }) => subject)).toEqual([
    'extensions.durableTask.workItemQueueVisibilityTimeout',
    'extensions.durableTask.storageProvider.partition',
  ]);
});

test.each([
  [{ storageProvider: { partitionCount: 17 } }, /partitionCount/],
  [{ storageProvider: { workItemQueueVisibilityTimeout: '2 minutes' } }, /hh:mm:ss/],
  [{ versionMatchStrategy: 'Older' }, /versionMatchStrategy/],
  [{ hubName: 'low-tide' }, /letters and digits/],
])('a value that the real host refuses is refused: %j', async (durableTask, words) => {
  await expect(startVirtual(appWith(hostJson(durableTask)))).rejects.toThrow(words);
});

test('names in host.json are read without regard to case, as .NET does', () => {
  const text = '{"Extensions":{"DurableTask":{"HubName":"Other","StorageProvider":{"PartitionCount":2}}}}';
  const { settings, unknown } = parseHostJson(JSON.parse(text));
  expect(unknown).toEqual([]);
  expect(settings.extensions.durableTask.hubName).toBe('Other');
  expect(settings.extensions.durableTask.storageProvider.partitionCount).toBe(2);
});

test('an app setting AzureFunctionsJobHost__… goes before what host.json says, whatever its case, and may write a number as a text', () => {
  const said = { version: '2.0', extensions: { durableTask: { hubName: 'Lowtide', defaultVersion: '1.0' } } };
  const { settings, unknown } = parseHostJson(said, {
    AzureFunctionsJobHost__extensions__durableTask__hubName: 'LowtideSlot',
    'azurefunctionsjobhost:Extensions:DurableTask:StorageProvider:PartitionCount': '2',
    AzureFunctionsJobHost__extensions__durableTask__hubNam: 'Other',
    AzureFunctionsJobHost__extensions__durableTask__defaultVersion: '',
  });
  const { hubName, defaultVersion, storageProvider } = settings.extensions.durableTask;
  expect({ hubName, defaultVersion, partitions: storageProvider.partitionCount }).toEqual({
    hubName: 'LowtideSlot',
    defaultVersion: '1.0',
    partitions: 2,
  });
  expect(unknown).toEqual(['extensions.durableTask.hubNam']);
});

async function crashInActivity(app: AppFolder): Promise<void> {
  const first = await startVirtual(app, {
    ...journaled(),
    engine: 'faithful',
    onPersist: (point) => {
      if (point.kind === 'activity.beforeResult') throw new CrashHost(point);
    },
  });
  await start(first, 'one', 'i');
  // Its message is all that crosses from the host's realm into jest's.
  await expect(first.idle()).rejects.toThrow(/crashed at step/);
  await first.close();
}

test('after a kill an activity that was running is tried again when its message is visible again, not before', async () => {
  const app = appWith(hostJson({ storageProvider: { workItemQueueVisibilityTimeout: '00:02:00' } }));
  await crashInActivity(app);
  host = await startVirtual(app, { ...journaled(), engine: 'faithful' });
  await host.runUntil(minutes(1.9));
  expect(host.instance('i')?.runtimeStatus).toBe('Running');
  await host.runUntil(minutes(2.1));
  expect(host.instance('i')?.output).toEqual({ at: minutes(2) });
});

test('without a setting the work in flight stands still for five minutes', async () => {
  const app = appWith(hostJson({}));
  await crashInActivity(app);
  host = await startVirtual(app, { ...journaled(), engine: 'faithful' });
  await host.runUntil(minutes(6));
  expect(host.instance('i')?.output).toEqual({ at: minutes(5) });
});

test('messages of orchestrations that the dead host had taken come back after controlQueueVisibilityTimeout', async () => {
  const app = appWith(hostJson({ storageProvider: { controlQueueVisibilityTimeout: '00:03:00' } }));
  const first = await startVirtual(app, {
    ...journaled(),
    engine: 'faithful',
    onPersist: (point) => {
      if (point.kind === 'orchestration.beforeMessages') throw new CrashHost(point);
    },
  });
  await start(first, 'one', 'i');
  await expect(first.idle()).rejects.toThrow(/crashed at step/);
  await first.close();
  host = await startVirtual(app, { ...journaled(), engine: 'faithful' });
  await host.runUntil(minutes(2.9));
  expect(host.instance('i')?.history ?? []).toEqual([]);
  await host.runUntil(minutes(3.1));
  expect(host.instance('i')?.output).toEqual({ at: minutes(3) });
});

test('a host that ends in good order leaves nothing hidden', async () => {
  const app = appWith(hostJson({}));
  const first = await startVirtual(app, { ...journaled(), engine: 'faithful' });
  await start(first, 'waits', 'i');
  await first.idle();
  await manage(first, 'POST', 'instances/i/raiseEvent/go', {});
  await first.close();
  host = await startVirtual(app, { ...journaled(), engine: 'faithful' });
  await host.idle();
  expect(host.instance('i')?.runtimeStatus).toBe('Completed');
});

test('a function that runs longer than functionTimeout fails, with the words of the real host', async () => {
  const app = appWith(hostJson({}, { functionTimeout: '00:00:01' }));
  host = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'memory' },
    engine: 'faithful',
    log: (line) => lines.push(line),
  });
  await start(host, 'stuck', 'i');
  expect((await host.request('GET', '/slow')).status).toBe(500);
  await host.idle();
  expect(host.instance('i')?.output).toEqual({
    failed: expect.stringContaining(
      'Timeout value of 00:00:01 was exceeded by function: Functions.hangs',
    ) as string,
  });
  expect(lines.join('\n')).toContain('exceeded by function: Functions.slow');
});

async function startedUnder(version: string): Promise<void> {
  const first = await startVirtual(appWith(hostJson({ defaultVersion: version })), journaled());
  await start(first, 'waits', 'i');
  await first.idle();
  await first.close();
}

test('an older host abandons instances of a newer version with a warning; a newer host goes on with them', async () => {
  await startedUnder('2.0');
  const older = await startVirtual(appWith(hostJson({ defaultVersion: '1.10' })), journaled());
  expect((await manage(older, 'POST', 'instances/i/raiseEvent/go', {})).status).toBe(202);
  await older.runUntil(minutes(600));
  expect(older.instance('i')?.runtimeStatus).toBe('Running');
  expect(lines.filter((line) => line.startsWith("warning: Abandoning orchestration 'i'"))).toHaveLength(1);
  await older.close();
  host = await startVirtual(appWith(hostJson({ defaultVersion: '2.1' })), journaled());
  await host.idle();
  expect(host.instance('i')?.output).toEqual({ version: '2.0' });
});

test('versionFailureStrategy Fail ends such instances; versionMatchStrategy None does not look', async () => {
  await startedUnder('2.0');
  const blind = await startVirtual(
    appWith(hostJson({ defaultVersion: '1.0', versionMatchStrategy: 'None' })),
    journaled(),
  );
  await start(blind, 'waits', 'j', {}, '?version=3.0');
  await blind.idle();
  expect(blind.instance('j')?.runtimeStatus).toBe('Running');
  await blind.close();
  host = await startVirtual(
    appWith(hostJson({ defaultVersion: '1.0', versionFailureStrategy: 'Fail' })),
    journaled(),
  );
  await manage(host, 'POST', 'instances/i/raiseEvent/go', {});
  await host.idle();
  expect(host.instance('i')?.runtimeStatus).toBe('Failed');
  expect(String(host.instance('i')?.output)).toContain("its version is 2.0, this host's is 1.0");
});

test('an instance of an older version, or of none, is advanced', async () => {
  await startedUnder('1.9');
  host = await startVirtual(appWith(hostJson({ defaultVersion: '1.10' })), journaled());
  await manage(host, 'POST', 'instances/i/raiseEvent/go', {});
  await host.idle();
  expect(host.instance('i')?.output).toEqual({ version: '1.9' });
});
