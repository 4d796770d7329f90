import { anApi, COMPUTE, SUB, type Api, type Reply } from './api';
import { areAtHand, comparison, exchange, type KnownDifference } from './recordedExchanges';

/** What differs from these recordings, each with its reason. One that nothing needs any more fails the last test. */
const KNOWN: readonly KnownDifference[] = [
  [/^header:x-ms-rate/, /3Min/, 'recordings before 2023 name quotas by their window; ours are those of 2024'],
  [
    /extensions?|^body:resources/i,
    /./,
    'there an extension was put by hand; here is none but the patch extension (R-703)',
  ],
  [
    /etag/,
    /Azure (false|without), ours/,
    'recordings of May 2024 and before have no ETag; ours have it, as those of August 2024',
  ],
  [
    /dataDisks|osDisk\.diskSizeGB/,
    /managedDisk\.id|ours without/,
    'the pocket Azure has no disks, and adds nothing to what is written of them',
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
  [/bootDiagnostics/, /ours without/, 'the pocket Azure takes no screenshots'],
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
} as const;

interface VmProperties {
  readonly osProfile?: object;
}

(areAtHand ? describe : describe.skip)('More of what Azure was recorded to answer', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.optIn();
    await api.prepare();
  });
  afterAll(() => api.close());

  const at = (name: string): string => `${COMPUTE}/virtualMachines/${name}`;
  const call = (method: string, path: string, version: string, body?: unknown): Promise<Reply> =>
    api.call(method, `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`, body);
  const get = (path: string, version = '2024-07-01'): Promise<Reply> => call('GET', path, version);
  const follow = (reply: Reply, header: 'azure-asyncoperation' | 'location'): Promise<Reply> =>
    api.send('GET', (reply.headers[header] ?? '').replace(/^https?:\/\/[^/]+/, ''));
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

  it('every difference that is known is still there', () => {
    expect(unneeded()).toEqual([]);
  });
});
