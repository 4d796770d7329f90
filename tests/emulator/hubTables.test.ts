import { TableClient } from '@azure/data-tables';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppFolder } from './support/appFolder';
import type { Host } from './support/nativeHost';
import { startVirtual, testApp } from './support/testApp';
import type { Azurite } from '../../local/azurite';
import { startAzurite } from '../support/azurite';

const SOURCE = `
import { TableClient, TableServiceClient } from '@azure/data-tables';
const account = process.env.AzureWebJobsStorage!;
const options = { allowInsecureConnection: true };
df.app.orchestration('none', function* (): any { return {}; });
app.http('make', { route: 'make/{name}', methods: ['POST'], handler: async (req) => {
  try { await TableClient.fromConnectionString(account, req.params.name, options).createTable(); return { body: 'made' }; } catch (error: any) { return { status: 400, body: error.message }; }
} });
app.http('tables', { route: 'tables', methods: ['GET'], handler: async () => {
  const names: string[] = [];
  for await (const { name } of TableServiceClient.fromConnectionString(account, options).listTables()) names.push(name!);
  return { jsonBody: names.sort() };
} });
`;

const HOST_JSON = JSON.stringify({
  version: '2.0',
  extensions: { http: { routePrefix: '' }, durableTask: { hubName: 'Lowtide' } },
});

let azurite: Azurite;
let app: AppFolder;
let host: Host | undefined;

beforeAll(async () => {
  azurite = await startAzurite();
  app = testApp(SOURCE, { 'host.json': HOST_JSON });
});
afterEach(() => host?.close());
afterAll(async () => {
  app.remove();
  await azurite.stop();
});

const hostOn = (strict: boolean, log?: (line: string) => void): Promise<Host> =>
  startVirtual(app, {
    strict,
    environment: { AzureWebJobsStorage: azurite.connectionString },
    ...(log === undefined ? {} : { log }),
  });

test("the hub's tables are made in the account at the start, as the real host does", async () => {
  host = await hostOn(true);
  expect((await host.request('GET', '/tables')).body).toEqual(['LowtideHistory', 'LowtideInstances']);
});

test("an app whose table meets one of the hub's is refused, whatever the case of its letters", async () => {
  host = await hostOn(true);
  const { status, body } = await host.request('POST', '/make/lowtideHistory');
  expect(status).toBe(400);
  expect(body).toMatch(/hub-table.*lowtideHistory.*LowtideHistory have the same name.*hubName/);
  expect((await host.request('POST', '/make/lowtideAudit')).body).toBe('made');
});

test('a hosted app is warned', async () => {
  host = await hostOn(false);
  await host.request('POST', '/make/LOWTIDEINSTANCES');
  expect(host.findings.map(({ code, subject }) => [code, subject])).toEqual([
    ['hub-table', 'LOWTIDEINSTANCES'],
  ]);
});

test("a table that stands in the account under the hub's name in other case keeps the host from starting", async () => {
  const options = { allowInsecureConnection: true };
  await TableClient.fromConnectionString(azurite.connectionString, 'LowtideHistory', options).deleteTable();
  await TableClient.fromConnectionString(azurite.connectionString, 'lowtidehistory', options).createTable();
  await expect(hostOn(true)).rejects.toThrow(
    /hub-table.*lowtidehistory and the hub's table LowtideHistory have the same name/,
  );
});

test('a storage that does not answer is said, and does not keep an app without tables from running', async () => {
  const lines: string[] = [];
  host = await startVirtual(app, {
    environment: {
      AzureWebJobsStorage:
        'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:9/a',
    },
    log: (line) => lines.push(line),
  });
  expect(lines.join('\n')).toContain('the real host would not start');
});

test('a connection that the storage had closed meanwhile is no storage that does not answer', async () => {
  let requests = 0;
  const storage = createServer((request, response) => {
    requests += 1;
    if (requests === 1) request.socket.destroy();
    else {
      const value = ['LowtideHistory', 'LowtideInstances'].map((TableName) => ({ TableName }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ value }));
    }
  });
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  const { port } = storage.address() as AddressInfo;
  const lines: string[] = [];
  host = await startVirtual(app, {
    environment: {
      AzureWebJobsStorage: `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:${port}/a`,
    },
    log: (line) => lines.push(line),
  });
  storage.close();
  expect([requests, lines.filter((line) => line.startsWith('warning'))]).toEqual([2, []]);
});
