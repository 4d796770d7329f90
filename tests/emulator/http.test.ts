import https from 'node:https';
import type { AppFolder } from './support/appFolder';
import { startHost, type Host } from './support/nativeHost';
import { manage, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
const reply = async (req: any) => ({ jsonBody: { params: req.params, query: Object.fromEntries(req.query), url: req.url, body: await req.text(), setting: process.env.SETTING ?? null } });
app.http('vm', { route: 'subscriptions/{subscriptionId}/virtualMachines/{vm}', methods: ['GET', 'PUT'], handler: reply });
app.http('vmAction', { route: 'subscriptions/{subscriptionId}/virtualMachines/{vm}/{action}', methods: ['POST'], handler: reply });
app.http('byNumber', { route: 'items/{id:int}/{name:alpha?}', methods: ['GET'], handler: reply });
app.http('rest', { route: 'files/{*path}', methods: ['GET'], handler: reply });
app.http('failing', { route: 'failing', methods: ['GET'], handler: async () => { throw new Error('on purpose'); } });
app.http('nothing', { route: 'nothing', methods: ['GET'], handler: async () => undefined as any });
app.http('cookies', { route: 'cookies', methods: ['GET'], handler: async () => ({ status: 201, headers: { 'x-a': 'b' }, body: 'text' }) });
df.app.orchestration('waiter', function* (ctx: any): any { return yield ctx.df.waitForExternalEvent('go'); });
df.app.orchestration('quick', function* (ctx: any): any { return ctx.df.getInput(); });
df.app.entity('counter', (ctx: any) => { ctx.df.setState(ctx.df.getInput()); });
df.app.client.http('client', { route: 'client/{what}', methods: ['POST'], handler: async (req: any, client: any) => {
  switch (req.params.what) {
    case 'status': return { jsonBody: await client.getStatus('w') };
    case 'all': return { jsonBody: (await client.getStatusAll()).map((each: any) => each.instanceId) };
    case 'failed': return { jsonBody: await client.getStatusBy({ runtimeStatus: ['Failed'] }) };
    case 'entity': await client.signalEntity(new df.EntityId('counter', 'k'), 'set', { n: 1 }); return {};
    case 'read': return { jsonBody: await client.readEntityState(new df.EntityId('counter', 'k')) };
    case 'purge': return { jsonBody: await client.purgeInstanceHistory('w') };
    default: await client.terminate('w', 'because'); return {};
  }
} });
`;

let app: AppFolder;
let host: Host;

beforeAll(() => {
  app = testApp(SOURCE, { 'local.settings.json': JSON.stringify({ Values: { SETTING: 'from the file' } }) });
});
beforeEach(async () => {
  host = await startVirtual(app);
});
afterEach(async () => {
  await host.close();
});
afterAll(() => {
  app.remove();
});

const get = (path: string): ReturnType<Host['request']> => host.request('GET', path);
const params = async (path: string): Promise<unknown> =>
  ((await get(path)).body as { params: unknown }).params;

test('routes ignore case and parameters keep theirs', async () => {
  expect(await params('/SUBSCRIPTIONS/Sub/virtualmachines/Vm%201')).toEqual({
    subscriptionId: 'Sub',
    vm: 'Vm 1',
  });
});

test('an unknown route, a wrong method and a failed constraint are all 404, with nothing in them', async () => {
  for (const [method, path] of [
    ['GET', '/nowhere'],
    ['DELETE', '/nothing'],
    ['GET', '/items/abc'],
    ['GET', '/items/1/2'],
  ] as const) {
    expect(await host.request(method, path)).toEqual({ status: 404, headers: {}, body: '' });
  }
});

test('optional and catch-all parameters are left out when they are empty', async () => {
  expect(await params('/items/7')).toEqual({ id: '7' });
  expect(await params('/items/7/abc')).toEqual({ id: '7', name: 'abc' });
  expect(await params('/files')).toEqual({});
  expect(await params('/files/a/b%20c')).toEqual({ path: 'a/b c' });
});

test('a handler that throws is a 500, one that answers nothing a 204', async () => {
  expect((await get('/failing')).status).toBe(500);
  expect((await get('/nothing')).status).toBe(204);
  expect(await get('/cookies')).toMatchObject({ status: 201, headers: { 'x-a': 'b' }, body: 'text' });
});

test('settings reach process.env before the app is loaded, and leave it with the host', async () => {
  expect((await get('/items/1')).body).toMatchObject({ setting: 'from the file' });
  await host.close();
  host = await startVirtual(app, { environment: { SETTING: 'given' } });
  expect((await get('/items/1')).body).toMatchObject({ setting: 'given' });
});

test('the library client works without a socket', async () => {
  await start(host, 'waiter', 'w');
  const client = async (what: string): Promise<unknown> =>
    (await host.request('POST', `/client/${what}`)).body;
  expect(await client('status')).toMatchObject({ instanceId: 'w', runtimeStatus: 'Running' });
  await client('entity');
  await host.idle();
  expect(await client('read')).toEqual({ entityExists: true, entityState: { n: 1 } });
  expect(await client('all')).toEqual(['@counter@k', 'w']);
  expect(await client('failed')).toEqual([]);
  await client('terminate');
  await host.idle();
  expect(await client('purge')).toEqual({ instancesDeleted: 1 });
});

test('a list is cut where it is asked to be, and goes on from its token', async () => {
  for (const id of ['c', 'a', 'b']) await start(host, 'quick', id);
  await host.idle();
  const first = await manage(host, 'GET', 'instances?top=2');
  const token = first.headers['x-ms-continuation-token'] ?? '';
  const rest = await host.request('GET', '/runtime/webhooks/durabletask/instances?top=2', undefined, {
    'x-ms-continuation-token': token,
  });
  const ids = [first, rest].map(({ body }) =>
    (body as { instanceId: string }[]).map(({ instanceId }) => instanceId),
  );
  expect(ids).toEqual([['a', 'b'], ['c']]);
});

test('a webhook can wait for the output', async () => {
  const answer = await manage(host, 'POST', 'orchestrators/quick?timeout=5', { a: 1 });
  expect(answer).toMatchObject({ status: 200, body: { a: 1 } });
});

test('a second host cannot start in the same process before the first has closed', async () => {
  await expect(startVirtual(app)).rejects.toThrow(/Close it before starting the next one/);
  expect((await get('/nothing')).status).toBe(204);
});

test('a folder without host or app says what is missing', async () => {
  await host.close();
  const options = { clock: { kind: 'real' }, store: { kind: 'memory' } } as const;
  await expect(startHost({ appDir: __dirname, ...options })).rejects.toThrow(/package\.json is missing/);
});

test('https serves with a certificate of its own, on loopback', async () => {
  await host.close();
  host = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'memory' },
    port: 0,
    https: true,
  });
  expect(host.baseUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const body = await new Promise<string>((resolve, reject) => {
    const request = https.get(`${host.baseUrl}/items/5?q=1`, { rejectUnauthorized: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve(text);
      });
    });
    request.on('error', reject);
  });
  expect(JSON.parse(body)).toMatchObject({
    params: { id: '5' },
    query: { q: '1' },
    url: `${host.baseUrl}/items/5?q=1`,
  });
});
