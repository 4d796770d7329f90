import { QUERIES } from '../../drivers/azure/queries';
import { aVmBody, COMPUTE, GROUP, SUB, SUBSCRIPTION, type Reply } from './api';
import { aSimulatedAzure, type SimulatedAzure } from './simulatedAzure';
import {
  areAtHand,
  comparison,
  exchange,
  OLD_QUOTAS,
  OWN_EXTENSIONS,
  type KnownDifference,
} from './recordedExchanges';

/** What differs from these recordings, each with its reason. One that nothing needs any more fails the last test. */
const KNOWN: readonly KnownDifference[] = [
  OLD_QUOTAS,
  OWN_EXTENSIONS,
  [
    /etag/,
    /Azure (false|without), ours/,
    'recordings of May 2024 and before have no ETag; ours have it, as those of August 2024',
  ],
  [
    /dataDisks|osDisk\.diskSizeGB/,
    /managedDisk\.id|ours without/,
    'the simulated Azure has no disks, and adds nothing to what is written of them',
  ],
  [
    /provisionVMAgent|requireGuestProvisionSignal/,
    /Azure without/,
    'that VM is older than the defaults which are written down today',
  ],
  [
    /^order:/,
    /vmId,(hardwareProfile|proximity)/,
    'recordings of 2021 and before order the members of a VM otherwise; ours are of 2024',
  ],
  [/^order:error/, /code,target,message/, 'an error of 2017; since then the message comes second'],
  [
    /details\[\]\.(line|characterPositionInLine|token|expectedToken)$/,
    /ours without/,
    'the simulated Azure knows its queries and parses none: it cannot say where a text goes wrong',
  ],
  [/bootDiagnostics/, /ours without/, 'the simulated Azure takes no screenshots'],
];
const { differing, unneeded } = comparison(KNOWN);

const FILES = {
  windows: '10-vm-put-windows-assessment-mode-rewritten',
  linux: '11-vm-put-linux-update-lro',
  bypass: '17-vm-get-bypass-platform-safety-checks-2024',
  manual: '18-vmss-windows-patch-mode-manual-2024',
  power: '22-power-off-generalize-deallocate-2024',
  lists: '23-vm-list-by-group-2024',
  view: '25-instance-view-and-extensions-linux-2021',
  features: '30-features-2021',
  sets: '61-availability-set-vm-2020-12-01',
  refused: '70-errors-409-compute',
  invalid: '77-errors-quota-and-validation-2017',
  instance: '13-vmss-flex-linux-patch-mode',
  subscription: '24-vm-list-by-subscription',
  queries: '41-resource-graph-objectarray-paging-errors-2021',
  quota: '42-resource-graph-quota-countdown-2023',
  nested: '78-errors-400-nested-details',
} as const;

interface VmProperties {
  readonly osProfile?: object;
}

(areAtHand ? describe : describe.skip)('More of what Azure was recorded to answer', () => {
  let api: SimulatedAzure;
  beforeAll(async () => {
    api = await aSimulatedAzure();
  });
  afterAll(() => api.close());

  const at = (name: string): string => api.at(name);
  const call: SimulatedAzure['request'] = (...request) => api.request(...request);
  const get: SimulatedAzure['get'] = (...request) => api.get(...request);
  const follow: SimulatedAzure['follow'] = (...request) => api.follow(...request);
  /** Puts the VM of a recorded answer here, and waits until it is there. */
  const put = async (name: string, file: string, index: number): Promise<void> => {
    const { properties, ...more } = exchange(file, index).responseBody as { properties: VmProperties };
    const { osProfile, ...kept } = properties;
    const named = { ...osProfile, computerName: name };
    const body = { ...more, location: 'westus', properties: { ...kept, osProfile: named } };
    const { status, body: answer } = await call('PUT', at(name), '2024-07-01', body);
    expect([status, status === 201 ? '' : answer]).toEqual([201, '']);
    await api.pass(8);
  };

  it.each([
    ['Windows', FILES.windows, 1],
    ['Linux', FILES.linux, 1],
  ])('a %s VM is read, sent back, polled and read again (%s)', async (os, file, first) => {
    await put(os, file, first);
    const read = await get(at(os));
    expect(differing(file, first, read)).toEqual([]);
    const { storageProfile } = (exchange(file, 2).responseBody as { properties: { storageProfile: object } })
      .properties;
    const changed = await call('PUT', at(os), '2024-07-01', {
      ...read.body,
      properties: { ...(read.body['properties'] as object), storageProfile },
    });
    expect(differing(file, 2, changed)).toEqual([]);
    expect(differing(file, 3, await follow(changed, 'azure-asyncoperation'))).toEqual([]);
    await api.finish(changed);
    expect(differing(file, 7, await follow(changed, 'azure-asyncoperation'))).toEqual([]);
    expect(differing(file, 8, await get(at(os)))).toEqual([]);
  });

  it.each([
    ['bypass', FILES.bypass, 0],
    ['manual', FILES.manual, 1],
  ])('a VM is read with its patch settings: %s (%s)', async (name, file, index) => {
    await put(name, file, index);
    expect(differing(file, index, await get(at(name)))).toEqual([]);
  });

  it('a VM with its power off (22), and its instance view in lower case (25)', async () => {
    await put('off', FILES.power, 0);
    expect(differing(FILES.power, 0, await get(`${at('off')}?$expand=instanceView`))).toEqual([]);
    const off = await call('POST', `${at('off')}/powerOff`, '2024-07-01');
    expect(differing(FILES.power, 1, off)).toEqual([]);
    await api.finish(off);
    expect(differing(FILES.power, 2, await get(`${at('off')}?$expand=instanceView`))).toEqual([]);
    const deallocated = await call('POST', `${at('off')}/deallocate`, '2024-07-01');
    expect(differing(FILES.power, 4, deallocated)).toEqual([]);
    await api.finish(deallocated);
    expect(differing(FILES.power, 5, await follow(deallocated, 'azure-asyncoperation'))).toEqual([]);
    await put('view', FILES.view, 0);
    expect(differing(FILES.view, 0, await get(`${at('view')}?$expand=instanceview`, '2020-12-01'))).toEqual(
      [],
    );
  });

  it('VMs of a group are one list without a next link (23)', async () => {
    const group = `${SUB}/resourceGroups/listed`;
    await call('PUT', group, '2024-07-01', { location: 'westus' });
    const list = `${group}/providers/Microsoft.Compute/virtualMachines`;
    const { value } = exchange(FILES.lists, 0).responseBody as { value: { properties: VmProperties }[] };
    const [model] = value;
    for (const name of ['a', 'b'])
      await call('PUT', `${list}/${name}`, '2024-07-01', { ...model, location: 'westus' });
    await api.pass(8);
    expect(differing(FILES.lists, 0, await get(list))).toEqual([]);
  });

  it('features are listed, read, registered and unregistered at once (30)', async () => {
    const features = `${SUB}/providers/Microsoft.Features/providers/Microsoft.Compute/features`;
    const one = `${features}/InGuestPatchVMPreview`;
    expect(differing(FILES.features, 0, await get(features, '2021-07-01'))).toEqual([]);
    expect(differing(FILES.features, 1, await get(one, '2021-07-01'))).toEqual([]);
    expect(differing(FILES.features, 6, await call('POST', `${one}/register`, '2015-12-01'))).toEqual([]);
    expect(differing(FILES.features, 2, await call('POST', `${one}/unregister`, '2021-07-01'))).toEqual([]);
  });

  it('a set with a VM, whose proximity placement group cannot be changed while it runs (61)', async () => {
    const file = FILES.sets;
    const body = exchange(file, 0).responseBody as object;
    const set = `${COMPUTE}/availabilitySets/availset1`;
    expect(differing(file, 0, await call('PUT', set, '2020-12-01', { ...body, location: 'westus' }))).toEqual(
      [],
    );
    const model = exchange(file, 1).responseBody as object;
    const created = await call('PUT', at('insetvm'), '2020-12-01', {
      ...model,
      location: 'westus',
    });
    expect(differing(file, 1, created)).toEqual([]);
    await api.finish(created);
    expect(differing(file, 4, await follow(created, 'azure-asyncoperation'))).toEqual([]);
    expect(differing(file, 5, await get(at('insetvm'), '2020-12-01'))).toEqual([]);
    const ppg = { properties: { proximityPlacementGroup: { id: `${COMPUTE}/proximityPlacementGroups/p` } } };
    expect(differing(file, 9, await call('PATCH', at('insetvm'), '2020-12-01', ppg))).toEqual([]);
    const gone = await call('DELETE', at('insetvm'), '2020-12-01');
    expect(differing(file, 10, gone)).toEqual([]);
    await api.finish(gone);
    expect(differing(file, 13, await call('DELETE', set, '2020-12-01'))).toEqual([]);
  });

  it('what a VM is cannot be changed, and what it needs cannot be left out (70, 77)', async () => {
    await put('spot', FILES.linux, 1);
    const spot = await call('PATCH', at('spot'), '2020-12-01', { properties: { priority: 'Spot' } });
    expect(differing(FILES.refused, 2, spot)).toEqual([]);
    const { body } = await get(at('spot'));
    const unnamed = await call('PUT', at('unnamed'), '2020-12-01', {
      location: 'westus',
      properties: {
        ...(body['properties'] as object),
        osProfile: { computerName: 'unnamed', adminPassword: 'Secret-0815!' },
      },
    });
    expect(differing(FILES.invalid, 1, unnamed)).toEqual([]);
    expect(unnamed.body).toEqual(exchange(FILES.invalid, 1).responseBody);
  });

  it('an instance of a flexible scale set is read as any VM, with its set (13)', async () => {
    await put('instance', FILES.instance, 16);
    expect(differing(FILES.instance, 16, await get(at('instance')))).toEqual([]);
  });

  it('VMs of a subscription are listed, each as it is read (24)', async () => {
    const other = SUB.replace('0001', '0024');
    const group = `${other}/resourceGroups/listed`;
    await call('POST', `${other}/providers/Microsoft.Compute/register`, '2022-09-01');
    await api.pass(2);
    await call('PUT', group, '2024-07-01', { location: 'westus' });
    const { value } = exchange(FILES.subscription, 3).responseBody as { value: object[] };
    for (const [n, model] of value.entries())
      await call('PUT', `${group}/providers/Microsoft.Compute/virtualMachines/v${n}`, '2024-11-01', {
        ...model,
        location: 'westus',
      });
    await api.pass(8);
    const list = await get(`${other}/providers/Microsoft.Compute/virtualMachines`, '2024-11-01');
    expect((list.body['value'] as unknown as object[]).length).toBe(value.length);
    expect(differing(FILES.subscription, 3, list)).toEqual([]);
  });

  it('Resource Graph answers nothing, a page and nonsense as Azure does (41, 42)', async () => {
    const ask = (query: string, options: object = {}): Promise<Reply> =>
      call('POST', '/providers/Microsoft.ResourceGraph/resources', '2021-03-01', {
        subscriptions: [SUBSCRIPTION],
        query,
        options: { resultFormat: 'objectArray', ...options },
      });
    expect(differing(FILES.quota, 9, await ask(QUERIES.assignments))).toEqual([]);
    const rowsAside = (reply: Reply): Reply => ({
      ...reply,
      body: { ...reply.body, data: [] as never },
    });
    const page = await ask(QUERIES.virtualMachines, { $top: 1 });
    const wrong = await ask('where where');
    expect(
      differing(FILES.queries, 1, rowsAside(page)).filter(({ at: where }) => !where.startsWith('body:data')),
    ).toEqual([]);
    expect(differing(FILES.queries, 3, wrong)).toEqual([]);
    const names = ['x-ms-user-quota-remaining', 'x-ms-user-quota-resets-after'];
    for (const { headers } of [page, wrong]) expect(names.filter((name) => !(name in headers))).toEqual([]);
  });

  it('a template whose VM breaks a rule is refused with the rule nested in details (78)', async () => {
    const { location, properties } = aVmBody('Linux', { patchSettings: { patchMode: 'Sometimes' } });
    const resource = { type: 'Microsoft.Compute/virtualMachines', apiVersion: '2024-07-01', name: 'bad' };
    const template = { resources: [{ ...resource, location, properties }] };
    const refused = await call('PUT', `${GROUP}/providers/Microsoft.Resources/deployments/d`, '2022-09-01', {
      properties: { mode: 'Incremental', template },
    });
    expect(differing(FILES.nested, 0, refused)).toEqual([]);
  });

  it('links to operations are as long as recorded, in the same parts (20)', async () => {
    const created = await call('PUT', at('long'), '2024-07-01', aVmBody('Linux'));
    const partsOf = (link: string | undefined): readonly (readonly [string, number])[] =>
      [...new URL(link ?? '').searchParams].map(([name, value]) => [name, value.length]);
    const recorded = exchange('20-power-and-instance-views-2024', 15).responseHeaders;
    const theirs = partsOf(recorded['azure-asyncoperation']);
    const ours = partsOf(created.headers['azure-asyncoperation']);
    expect(ours.map(([name]) => name)).toEqual(theirs.map(([name]) => name));
    expect(ours.reduce((sum, [, length]) => sum + length, 0)).toBeGreaterThan(2_900);
  });

  it('every difference that is known is still there', () => {
    expect(unneeded()).toEqual([]);
  });
});
