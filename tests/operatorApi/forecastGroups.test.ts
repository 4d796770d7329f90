import { Freeze } from '../../domain/freezes';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { forecastRoutes } from '../../operatorApi/forecast';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { aVm } from '../support/builders';
import { someServices, type FakeServices } from '../support/fakeServices';

const RHEL = { publisher: 'RedHat', offer: 'RHEL', sku: '7.8', version: 'latest' };
const VMS: readonly VirtualMachine[] = [
  aVm({ region: 'eastus', subscriptionId: 'sub-a', tags: { app: 'shop' } }),
  aVm({ region: 'eastus', subscriptionId: 'sub-b', tags: { App: 'shop' } }),
  aVm({ region: 'westeurope', subscriptionId: 'sub-b', image: RHEL }),
];

interface Forecast {
  readonly asOfUtc: string;
  readonly endsUtc: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly groups: readonly { readonly name: string; readonly counts: Readonly<Record<string, number>> }[];
  readonly value: readonly { readonly vmId: string; readonly state: string; readonly why: string }[];
}

async function forecast(services: FakeServices, query: Readonly<Record<string, string>>): Promise<Forecast> {
  const request = {
    query: (name: string) => query[name] ?? null,
    queries: (name: string) => (query[name] === undefined ? [] : [query[name]]),
  } as unknown as OperatorRequest;
  const answer = await forecastRoutes[0]?.handler(request, { services } as unknown as OperatorContext);
  return answer?.jsonBody as Forecast;
}

describe('the forecast of a fleet', () => {
  let services: FakeServices;
  beforeAll(async () => {
    services = await someServices({ vms: VMS });
  });

  test.each([
    ['region', { eastus: 2, westeurope: 1 }],
    ['subscription', { 'sub-a': 1, 'sub-b': 2 }],
    ['tag:app', { none: 1, shop: 2 }],
    ['family', { 'microsoftwindowsserver:windowsserver:2019-datacenter': 2, 'redhat:rhel:7.8': 1 }],
  ])('is counted by %s, each VM in one group', async (by, expected) => {
    const { groups, counts } = await forecast(services, { by });
    expect(Object.fromEntries(groups.map(({ name, counts: own }) => [name, own['onTime']]))).toEqual(
      expected,
    );
    expect(counts['onTime']).toBe(VMS.length);
  });

  test('is refused by anything else', async () => {
    await expect(forecast(services, { by: 'colour' })).rejects.toThrow(/colour/);
  });

  test('is as of any day: on time now, done by then, late after the 30 days without an outcome', async () => {
    const { endsUtc } = await forecast(services, {});
    const stateAsOf = async (asOf: string): Promise<readonly string[]> =>
      (await forecast(services, { asOf })).value.map(({ state }) => state);
    expect(await stateAsOf('2026-11-10T18:30:00.000Z')).toEqual(['onTime', 'onTime', 'onTime']);
    expect(await stateAsOf('2026-11-25T00:00:00.000Z')).toEqual(['done', 'done', 'done']);
    const after = new Date(Date.parse(endsUtc) + 10 * 86_400_000).toISOString();
    expect(await stateAsOf(after)).toEqual(['late', 'late', 'late']);
  });

  test('says of what is late the reason that binds: a freeze to the end leaves it no window', async () => {
    const frozen = await someServices({ vms: VMS });
    await frozen.freezes.save(
      Freeze.parse({
        id: 'launch',
        kind: 'freeze',
        selector: { region: 'westeurope' },
        from: '2026-11-01T00:00:00Z',
        to: '2027-01-31T00:00:00Z',
        timeZone: null,
        reason: 'A launch.',
        owner: 'ops',
        createdUtc: '2026-11-01T00:00:00.000Z',
        createdBy: 'ops',
      }),
      null,
    );
    const { groups, value } = await forecast(frozen, { state: 'late' });
    expect(groups.map(({ name, counts }) => [name, counts['late']])).toEqual([
      ['eastus', 0],
      ['westeurope', 1],
    ]);
    expect(value.map(({ why }) => why)).toEqual([
      'no off-peak window is left for it before the rollout ends: freeze launch of ops until 2027-01-31T00:00:00.000Z: A launch.',
    ]);
  });
});
