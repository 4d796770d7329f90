import { HttpRequest } from '@azure/functions';
import { baseUrlOf } from '../../armApi/http/baseUrl';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAzurite } from '../support/azurite';
import { armTime } from '../../armApi/http/armTime';
import { anApi, aVmBody, VM, type Api } from './api';

const pathOf = (link: string | undefined): string => (link ?? '').replace(/^https?:\/\/[^/]+/, '');

describe('Long-running operations', () => {
  let api: Api;
  beforeEach(async () => {
    api = await anApi();
    await api.prepare();
  });
  afterEach(() => api.close());

  it('PUT answers with Azure-AsyncOperation only, DELETE and actions with Location, too', async () => {
    const put = await api.call('PUT', VM, aVmBody('Linux'));
    expect(put.headers).toMatchObject({ 'retry-after': '1' });
    expect(put.headers).not.toHaveProperty('location');
    await api.finish(put);
    for (const [method, path] of [
      ['POST', `${VM}/restart`],
      ['DELETE', VM],
    ] as const) {
      const { status, headers, body } = await api.call(method, path);
      expect([status, body, headers['retry-after']]).toEqual([202, '', '1']);
      const id = headers['azure-asyncoperation'] ?? '';
      expect(id).toMatch(
        /\/providers\/Microsoft\.Compute\/locations\/eastus\/operations\/[0-9a-f-]{36}\?p=[\w-]+&api-version=2020-12-01&t=\d{18}&c=[\w-]{2575}&s=[\w-]{342}&h=[\w-]{43}$/,
      );
      const unsigned = (link = ''): string => link.replace(/&t=.*/, '');
      expect(unsigned(headers['location'])).toBe(
        unsigned(id).replace('&api-version', '&monitor=true&api-version'),
      );
    }
  });

  it('the status resource has start, end and status', async () => {
    const put = await api.call('PUT', VM, aVmBody('Linux'));
    const link = pathOf(put.headers['azure-asyncoperation']);
    const name = /operations\/([^?]+)/.exec(link)?.[1];
    const running = await api.send('GET', link);
    expect([running.status, running.headers['retry-after']]).toEqual([200, '1']);
    expect(running.body).toEqual({ startTime: armTime(api.host.nowUtc()), status: 'InProgress', name });
    const done = await api.finish(put);
    expect(done).toMatchObject({ status: 'Succeeded', name });
    expect(done).not.toHaveProperty('properties'); // the VM itself is the result
    const [started, ended] = [done['startTime'], done['endTime']] as unknown as [string, string];
    expect(ended > started).toBe(true);
  });

  it('the result resource is 202 while it runs, then 200', async () => {
    await api.finish(await api.call('PUT', VM, aVmBody('Linux')));
    const reply = await api.call('POST', `${VM}/deallocate`);
    const link = pathOf(reply.headers['location']);
    const running = await api.send('GET', link);
    expect([running.status, running.headers['location'], running.headers['retry-after']]).toEqual([
      ...[202, reply.headers['location'], '1'],
    ]);
    await api.pass(2);
    expect(await api.send('GET', link)).toMatchObject({ status: 200, body: '' });
  });

  it('links have the scheme and host that the client used, behind whatever proxy', () => {
    const links = (headers: Record<string, string>): string =>
      baseUrlOf(new HttpRequest({ method: 'PUT', url: 'http://127.0.0.1/subscriptions', headers }));
    expect(links({ host: 'lowtide.example:8443' })).toBe('http://lowtide.example:8443');
    const proxied = { 'X-Forwarded-Proto': 'https, http', 'X-Forwarded-Host': 'a.example, b.example' };
    expect(links(proxied)).toBe('https://a.example');
    const nonsense = { 'X-Forwarded-Proto': 'gopher', 'X-Forwarded-Host': 'a.example/"><script>' };
    expect(links(nonsense)).toBe('http://127.0.0.1');
  });

  it('an operation is known in its subscription and region only', async () => {
    const put = await api.call('PUT', VM, aVmBody('Linux'));
    const link = pathOf(put.headers['azure-asyncoperation']);
    for (const other of [
      link.replace('eastus', 'westus'),
      link.replace('f0000000', 'f0000001'),
      link.replace(/operations\/[0-9a-f]{8}/, 'operations/00000000'),
      link.replace(/operations\/[^?]+/, 'operations/..%2F'),
    ]) {
      const { status, body } = await api.send('GET', other);
      expect(status).toBe(404);
      expect(typeof body['error']?.['code']).toBe('string');
    }
    expect((await api.send('GET', link.toUpperCase().replace('API-VERSION', 'Api-Version'))).status).toBe(
      200,
    );
  });
});

describe('After a restart of the host', () => {
  it('operations, VMs, features and groups are what they were, and go on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lowtide-arm-'));
    const azurite = await startAzurite();
    const start = (startUtc: string): Promise<Api> =>
      anApi({
        clock: { kind: 'virtual', startUtc },
        store: { kind: 'journal', path: join(folder, 'orchestrations.journal') },
        environment: {
          LOWTIDE_STORE: 'tables',
          AzureWebJobsStorage: azurite.connectionString,
          LOWTIDE_STATE_DIR: join(folder, 'simulated-azure'),
        },
      });
    try {
      let api = await start('2026-11-02T12:00:00.000Z');
      await api.prepare();
      await api.optIn();
      const put = await api.call(
        'PUT',
        VM,
        aVmBody('Linux', { patchSettings: { patchMode: 'AutomaticByPlatform' } }),
      );
      expect(put.status).toBe(201);
      const nowUtc = api.host.nowUtc();
      await api.close();

      api = await start(nowUtc);
      const link = pathOf(put.headers['azure-asyncoperation']);
      expect((await api.send('GET', link)).body['status']).toBe('InProgress');
      const done = await api.finish(put);
      expect(done['status']).toBe('Succeeded');
      const again = (await api.call('GET', VM)).body['properties'];
      expect(again).toMatchObject({ vmId: put.body['properties']?.['vmId'], provisioningState: 'Succeeded' });
      await api.call('DELETE', VM);
      await api.pass(5);
      const then = api.host.nowUtc();
      await api.close();

      api = await start(then);
      expect((await api.call('GET', VM)).status).toBe(404);
      expect((await api.send('GET', link)).body['status']).toBe('Succeeded');
      await api.close();
    } finally {
      await azurite.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
