import { anOptedInApi, aVmBody, VM, type Api, type Json, type Reply } from './api';

/** What the azurerm provider of Terraform sends for one VM in a month, in its api-version. */
const VERSION = 'api-version=2024-03-01';
const path = (action = '', query = ''): string =>
  `${VM}${action}?${query}${query === '' ? '' : '&'}${VERSION}`;

describe('A month of Terraform', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anOptedInApi();
  });
  afterAll(() => api.close());

  const get = async (): Promise<Json> => (await api.send('GET', path())).body;
  const settingsOf = (vm: Json): unknown =>
    vm['properties']?.['osProfile']?.['linuxConfiguration']?.['patchSettings'];
  /** Sends, and waits as its SDK does: for the operation where there is one, else for the VM itself. */
  async function send(method: string, url: string, body?: unknown): Promise<Reply> {
    const reply = await api.send(method, url, body);
    expect(reply.status).toBeLessThan(300);
    if ('azure-asyncoperation' in reply.headers)
      expect((await api.finish(reply))['status']).toBe('Succeeded');
    else await api.pass(2);
    return reply;
  }
  const patchMode = (mode: string): object => ({
    properties: {
      osProfile: {
        linuxConfiguration: { patchSettings: { patchMode: mode, assessmentMode: 'ImageDefault' } },
      },
    },
  });

  it('create: there is none, then PUT, and the VM that is read has what was written', async () => {
    expect((await api.send('GET', path())).status).toBe(404);
    const configuration = {
      disablePasswordAuthentication: false,
      provisionVMAgent: true,
      patchSettings: { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' },
    };
    expect(
      (await send('PUT', path(), aVmBody('Linux', configuration, { tags: { env: 'prod' } }))).status,
    ).toBe(201);
    expect(settingsOf(await get())).toEqual({ patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' });
    const { body } = await api.send('GET', path('', '$expand=userData'));
    expect(body['properties']).toMatchObject({ provisioningState: 'Succeeded' });
  });

  it('a plan without changes: what is read twice is the same', async () => {
    expect(await get()).toEqual(await get());
  });

  it('the patch mode is changed, and back', async () => {
    for (const mode of ['AutomaticByPlatform', 'ImageDefault']) {
      await send('PATCH', path(), patchMode(mode));
      expect(settingsOf(await get())).toEqual({ patchMode: mode, assessmentMode: 'ImageDefault' });
    }
  });

  it('tags are changed, with nothing to poll', async () => {
    const reply = await send('PATCH', path(), { tags: { env: 'test' } });
    expect(reply.headers).not.toHaveProperty('azure-asyncoperation');
    const vm = await get();
    expect([vm['tags'], vm['properties']?.['provisioningState']]).toEqual([{ env: 'test' }, 'Succeeded']);
  });

  it('resize: the power is looked at, the VM deallocated, changed and started', async () => {
    const power = async (): Promise<string> =>
      JSON.stringify((await api.send('GET', path('/instanceView'))).body['statuses']);
    expect(await power()).toContain('PowerState/running');
    expect(JSON.stringify((await api.send('GET', path('/vmSizes'))).body)).toContain('Standard_D4s_v3');
    await send('POST', path('/deallocate'));
    expect(await power()).toContain('PowerState/deallocated');
    await send('PATCH', path(), { properties: { hardwareProfile: { vmSize: 'Standard_D4s_v3' } } });
    await send('POST', path('/start'));
    expect(await power()).toContain('PowerState/running');
    expect((await get())['properties']).toMatchObject({ hardwareProfile: { vmSize: 'Standard_D4s_v3' } });
  });

  it('destroy: the VM is switched off, deleted, and not found', async () => {
    await send('POST', path('/powerOff', 'skipShutdown=false'));
    expect((await send('DELETE', path('', 'forceDeletion=false'))).status).toBe(202);
    expect((await api.send('GET', path())).status).toBe(404);
    expect((await api.send('DELETE', path())).status).toBe(204);
  });
});
