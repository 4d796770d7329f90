import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { TableClient } from '@azure/data-tables';
import type { Azurite } from '../../local/azurite';
import { LowtideError } from '../../domain/lowtideError';
import { azureStore } from '../../store/azureTable';
import { startAzurite } from '../support/azurite';

const KEY = Buffer.from('not a real key, and never to be seen').toString('base64');

const accountAt = (port: number): string =>
  `DefaultEndpointsProtocol=http;AccountName=acme;AccountKey=${KEY};TableEndpoint=http://127.0.0.1:${port}/acme`;

async function errorOf(work: Promise<unknown>): Promise<LowtideError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof LowtideError)) throw new Error(`Expected a LowtideError, not ${inspect(error)}`);
  return error;
}

/** A storage that answers every request alike. */
async function answering(status: number): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' }).end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

describe('storage that cannot be used', () => {
  it('says which host does not answer and what to check, never the key', async () => {
    const { server, port } = await answering(200);
    await new Promise((resolve) => server.close(resolve));
    const error = await errorOf(azureStore(accountAt(port)).table('audit').get('p', 'r'));
    expect(error.code).toBe('STORAGE_UNAVAILABLE');
    expect(error.message).toContain(`127.0.0.1:${port} does not answer`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).toContain('AzureWebJobsStorage');
    expect(error.cause).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 8 })).not.toContain(KEY);
  });

  it.each([
    [403, 'refuses the credentials'],
    [503, 'cannot answer now'],
  ])('describes an answer of %i in words', async (status, words) => {
    const { server, port } = await answering(status);
    const error = await errorOf(azureStore(accountAt(port)).table('audit').upsert('p', 'r', 1));
    expect(error.code).toBe('STORAGE_UNAVAILABLE');
    expect(error.message).toContain(words);
    expect(inspect(error, { depth: 8 })).not.toContain(KEY);
    server.closeAllConnections();
    server.close();
  });

  it('does not wait for ever for an answer', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(azureStore(accountAt(port), 200).table('audit').list('p'));
    expect(error.message).toContain('No answer in time');
    server.closeAllConnections();
    server.close();
  });

  it.each(['', 'nonsense', 'DefaultEndpointsProtocol=https;AccountName=acme'])(
    'refuses the connection string %j, naming the setting',
    async (connectionString) => {
      const work = Promise.resolve().then(() => azureStore(connectionString).table('audit'));
      const error = await errorOf(work);
      expect(error.code).toBe('SETTING_INVALID');
      expect(error.message).toContain('AzureWebJobsStorage');
    },
  );

  it('takes UseDevelopmentStorage=true', () => {
    expect(() => azureStore('UseDevelopmentStorage=true').table('audit')).not.toThrow();
  });
});

describe('an Azure store', () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite.stop());

  it('makes its tables on first use, also when many use them at once', async () => {
    const stores = Array.from({ length: 4 }, () => azureStore(azurite.connectionString));
    await Promise.all(stores.map((store, i) => store.table('rollouts').upsert('p', String(i), i)));
    expect(await stores[0]?.table('rollouts').list('p')).toHaveLength(4);
  });

  it('says which table is missing, and why, when another one has its name in other case', async () => {
    const options = { allowInsecureConnection: true };
    await TableClient.fromConnectionString(
      azurite.connectionString,
      'LowtideOutcomes',
      options,
    ).createTable();
    const error = await errorOf(azureStore(azurite.connectionString).table('outcomes').get('p', 'r'));
    expect(error.code).toBe('STORAGE_UNAVAILABLE');
    expect(error.message).toMatch(/table lowtideoutcomes is not in the storage.*ignore case.*hubName/i);
  });

  it('goes on when a table was dropped', async () => {
    const table = azureStore(azurite.connectionString).table('plans');
    await table.upsert('p', 'r', 1);
    const options = { allowInsecureConnection: true };
    await TableClient.fromConnectionString(azurite.connectionString, 'lowtideplans', options).deleteTable();
    await table.upsert('p', 'r', 2);
    expect((await table.get('p', 'r'))?.value).toBe(2);
  });

  it('recognises its own insert and its own replacement when their answers were lost', async () => {
    const lossy = await losingAnswersOf(azurite.ports.table);
    const table = azureStore(connectedTo(azurite, lossy.port)).table('operations');
    await table.get('p', 'r');
    lossy.loseNext();
    expect(await table.insert('p', 'r', 1)).toBe(true);
    const row = await table.get('p', 'r');
    lossy.loseNext();
    expect(await table.replace('p', 'r', 2, row?.etag ?? '')).toBe(true);
    expect(await table.replace('p', 'r', 3, row?.etag ?? '')).toBe(false);
    expect((await table.get('p', 'r'))?.value).toBe(2);
    expect(lossy.lost()).toBe(2);
    lossy.close();
  });
});

describe('Azurite', () => {
  it('keeps what is in its folder when stopped and started again', async () => {
    const location = await mkdtemp(join(tmpdir(), 'lowtide-azurite-'));
    for (const expected of [null, 'kept']) {
      const azurite = await startAzurite({ location });
      const table = azureStore(azurite.connectionString).table('audit');
      expect((await table.get('p', 'r'))?.value ?? null).toBe(expected);
      await table.upsert('p', 'r', 'kept');
      await azurite.stop();
    }
    expect(await readdir(location)).not.toHaveLength(0);
    await rm(location, { recursive: true });
  });

  it('is gone after kill and after stop, however often they are asked', async () => {
    const azurite = await startAzurite();
    await azurite.kill();
    await azurite.kill();
    await azurite.stop();
    expect(() => process.kill(azurite.pid, 0)).toThrow('ESRCH');
  });

  it('says why it did not start', async () => {
    const error = await errorOf(startAzurite({ location: '/dev/null/folder' }));
    expect(error.code).toBe('STORAGE_UNAVAILABLE');
    expect(error.message).toContain('/dev/null/folder');
  });
});

const connectedTo = ({ connectionString, ports }: Azurite, port: number): string =>
  connectionString.replace(`:${ports.table}/`, `:${port}/`);

/** A proxy that on demand lets a request through and cuts the line instead of handing on the answer. */
async function losingAnswersOf(port: number): Promise<{
  port: number;
  loseNext: () => void;
  lost: () => number;
  close: () => void;
}> {
  let loseNext = false;
  let lost = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const headers = Object.entries(request.headers).filter(
        ([name]) => !['connection', 'content-length', 'transfer-encoding'].includes(name),
      );
      const answer = await fetch(`http://127.0.0.1:${port}${request.url ?? ''}`, {
        method: request.method ?? 'GET',
        headers: headers.map(([name, value]) => [name, String(value)]),
        ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      if (loseNext) {
        loseNext = false;
        lost += 1;
        request.socket.destroy();
        return;
      }
      const answered = [...answer.headers].filter(
        ([name]) => !['connection', 'transfer-encoding'].includes(name),
      );
      response.writeHead(answer.status, Object.fromEntries(answered)).end(body);
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    loseNext: () => {
      loseNext = true;
    },
    lost: () => lost,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
