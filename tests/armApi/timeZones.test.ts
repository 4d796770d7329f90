import { anApi, aVmBody, VM, type Api } from './api';

describe('Time zones over the ARM API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.prepare();
  });
  afterAll(() => api.close());

  it('a time zone that Windows does not know is refused; a VM whose time zone is changed has other off-peak hours', async () => {
    const zone = (timeZone: string): Record<string, unknown> =>
      aVmBody('Windows', { timeZone, provisionVMAgent: true });
    const refused = await api.call('PUT', VM, zone('CDT'));
    expect([refused.status, refused.body['error']]).toMatchObject([
      400,
      { code: 'InvalidParameter', target: 'windowsConfiguration.timeZone' },
    ]);
    const openingOf = async (): Promise<unknown> => {
      const { body } = await api.call('GET', `/api/virtual-machines?id=${VM}`);
      return [body['timeZone']?.['zone'], body['offPeak']?.['opensUtc']];
    };
    const changed = (timeZone: string): Record<string, unknown> => ({
      properties: { osProfile: { windowsConfiguration: { timeZone } } },
    });
    expect((await api.call('PUT', VM, zone('Tokyo Standard Time'))).status).toBe(201);
    await api.pass(5);
    await api.call('POST', '/api/rollouts', {});
    await api.pass(5);
    expect(await openingOf()).toEqual(['Asia/Tokyo', '2026-11-02T13:00:00.000Z']);
    expect((await api.call('PATCH', VM, changed('W. Europe Standard Time'))).status).toBe(200);
    await api.pass(61);
    expect(await openingOf()).toEqual(['Europe/Berlin', '2026-11-02T21:00:00.000Z']);
    expect((await api.call('PATCH', VM, changed('CDT'))).status).toBe(400);
  });
});
