import { aVmBody } from './api';
import { aSimulatedAzure, type SimulatedAzure } from './simulatedAzure';
import { areAtHand, comparison } from './recordedExchanges';

const FAILURES = [
  ['empty503', 503, '', '21-power-deallocate-with-503s-2018', 1],
  ['serverTimeout503', 503, 'ServerTimeout', '73-errors-5xx-gateway', 0],
  ['badGateway502', 502, 'BadGatewayConnection', '73-errors-5xx-gateway', 2],
  ['html503', 503, '', '73-errors-5xx-gateway', 5],
  ['gatewayTimeout504', 504, 'GatewayTimeout', '73-errors-5xx-gateway', 6],
] as const;

const { differing } = comparison([
  [/extensionHandlers|substatuses|\.time$/, /./, 'extensions of others, put by hand, stand beside it there'],
  [/^order:/, /./, 'members of 2020 stand in another order; ours are of 2024'],
]);

describe('A scenario lets Azure fail', () => {
  let api: SimulatedAzure;
  beforeAll(async () => {
    api = await aSimulatedAzure([
      ...FAILURES.map(([failure]) => ({ who: { namePattern: failure }, what: 'requestsFail', failure })),
      { who: { namePattern: 'polls' }, what: 'requestsFail', percent: 50 },
      { who: { namePattern: 'broken*' }, what: 'extensionFails' },
    ]);
  });
  afterAll(() => api.close());
  const at = (name: string): string => api.at(name);
  const follow: SimulatedAzure['follow'] = (...request) => api.follow(...request);

  it.each(FAILURES)(
    'requestsFail: %s is %d %s, as recorded, without Retry-After (%s)',
    async (...failure) => {
      const [name, status, code, file, index] = failure;
      await api.call('PUT', at(name), aVmBody('Linux'));
      const reply = await api.call('GET', at(name));
      expect([reply.status, reply.body['error']?.['code'] ?? '']).toEqual([status, code]);
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(areAtHand ? differing(file, index, reply) : []).toEqual([]);
    },
  );

  it('a poll that fails is not the failure of its operation (21)', async () => {
    const put = await api.call('PUT', at('polls'), aVmBody('Linux'));
    await api.pass(10);
    const polls = [];
    for (let n = 0; n < 40; n += 1) polls.push(await follow(put));
    expect(new Set(polls.map(({ status }) => status))).toEqual(new Set([503, 200]));
    const answered = polls.filter(({ status }) => status === 200);
    expect(new Set(answered.map(({ body }) => body['status'] as unknown))).toEqual(new Set(['Succeeded']));
  });

  it('extensionFails: an operation is Failed under 200, and its VM is not (76)', async () => {
    const linux = { provisionVMAgent: true, patchSettings: { patchMode: 'AutomaticByPlatform' } };
    const tags = { 'lowtide-power': 'alwaysOn' };
    for (const name of ['broken', 'well']) await api.call('PUT', at(name), aVmBody('Linux', linux, { tags }));
    await api.host.runUntil('2026-11-13T17:00:00.000Z');
    const order = { maximumDuration: 'PT4H', rebootSetting: 'IfRequired', linuxParameters: {} };
    for (const [action, body] of [
      ['assessPatches', undefined],
      ['installPatches', { ...order, linuxParameters: { classificationsToInclude: ['Critical'] } }],
    ] as const) {
      const started = await api.call('POST', `${at('broken')}/${action}`, body);
      await api.finish(started);
      const ended = await follow(started);
      expect(ended).toMatchObject({
        status: 200,
        body: { status: 'Failed', error: { code: 'VMExtensionProvisioningError' } },
      });
      expect(areAtHand ? differing('76-async-failed-extension-2023', 5, ended) : []).toEqual([]);
    }
    const vm = await api.call('GET', at('broken'));
    expect(vm.body['properties']?.['provisioningState']).toBe('Succeeded');
  });

  it('extensionFails: the instance view says ProvisioningState/failed/1, as recorded (26), of that VM alone', async () => {
    const statusOf = async (name: string): Promise<unknown> => {
      const { body } = await api.call('GET', `${at(name)}/instanceView`);
      return (body as unknown as { extensions: { statuses: object[] }[] }).extensions[0]?.statuses[0];
    };
    expect(await statusOf('broken')).toEqual({
      code: 'ProvisioningState/failed/1',
      level: 'Error',
      displayStatus: 'Provisioning failed',
      message: expect.stringContaining('LinuxPatchExtension') as string,
    });
    expect(await statusOf('well')).toMatchObject({ code: 'ProvisioningState/succeeded' });
  });
});
