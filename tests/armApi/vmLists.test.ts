import { anApi, aVmBody, COMPUTE, SUB, type Api, type Json } from './api';

const IN_GROUP = `${COMPUTE}/virtualMachines`;
const IN_SUBSCRIPTION = `${SUB}/providers/Microsoft.Compute/virtualMachines`;
const SCALE_SET = `${COMPUTE}/virtualMachineScaleSets/flex`;

describe('Lists of virtual machines', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.prepare();
    await api.call('PUT', `${IN_GROUP}/east`, aVmBody('Linux'));
    await api.call('PUT', `${IN_GROUP}/west`, aVmBody('Linux', undefined, { location: 'West US' }));
    const properties = { virtualMachineScaleSet: { id: SCALE_SET } };
    await api.call('PUT', `${IN_GROUP}/flex-1`, aVmBody('Linux', undefined, { properties }));
    await api.pass(10);
  });
  afterAll(() => api.close());

  const listed = async (path: string): Promise<readonly Json[]> =>
    (await api.call('GET', path)).body['value'] as unknown as readonly Json[];
  const names = async (path: string): Promise<readonly unknown[]> =>
    (await listed(path)).map(({ name }) => name);

  it('by location: the VMs of a subscription in a region', async () => {
    expect(await names(`${SUB}/providers/Microsoft.Compute/locations/westus/virtualMachines`)).toEqual([
      'west',
    ]);
  });

  it('by scale set, with $expand or without: what $filter of the SDKs says', async () => {
    const filter = encodeURIComponent(`'virtualMachineScaleSet/id' eq '${SCALE_SET.toUpperCase()}'`);
    expect(await names(`${IN_GROUP}?$filter=${filter}`)).toEqual(['flex-1']);
    const [found] = await listed(`${IN_GROUP}?$filter=${filter}&$expand=instanceView`);
    expect(found?.['properties']).toHaveProperty('instanceView');
  });

  it('statusOnly gives every VM with its power: what Get-AzVM -Status asks for', async () => {
    const all = await listed(`${IN_SUBSCRIPTION}?statusOnly=true`);
    expect(all).toHaveLength(3);
    for (const { properties } of all)
      expect(JSON.stringify(properties?.['instanceView']?.['statuses'])).toContain('PowerState/running');
    for (const { properties } of await listed(IN_SUBSCRIPTION))
      expect(properties).not.toHaveProperty('instanceView');
  });

  it.each(['statusOnly=', '$expand=', '$filter='])(
    'an option that is empty says nothing: %s',
    async (option) => {
      expect(await names(`${IN_GROUP}?${option}`)).toHaveLength(3);
    },
  );

  it('$expand goes with useResourceGraph, too', async () => {
    const all = await listed(`${IN_SUBSCRIPTION}?$expand=instanceView&useResourceGraph=true`);
    for (const { properties } of all) expect(properties).toHaveProperty('instanceView');
  });

  it('of one VM, what is not known to be expanded is 400', async () => {
    const of = async (expand: string): Promise<number> =>
      (await api.call('GET', `${IN_GROUP}/east?$expand=${expand}`)).status;
    expect([await of('instanceView,userData'), await of('everything')]).toEqual([200, 400]);
  });

  it.each([
    ...['statusOnly=perhaps', '$expand=everything', '$expand=instanceView', 'useResourceGraph=1'],
    `$filter=${encodeURIComponent("name eq 'east'")}`,
  ])('an option that is not known is 400 InvalidParameter: %s', async (option) => {
    const { status, body } = await api.call('GET', `${IN_SUBSCRIPTION}?${option}`);
    expect([status, body['error']?.['code']]).toEqual([400, 'InvalidParameter']);
  });

  it('sizes of a region, and those a VM can have', async () => {
    const region = await listed(`${SUB}/providers/Microsoft.Compute/locations/eastus/vmSizes`);
    expect(region).toContainEqual(
      expect.objectContaining({ name: 'Standard_D2s_v3', numberOfCores: 2, memoryInMB: 8192 }),
    );
    expect(await listed(`${IN_GROUP}/east/vmSizes`)).toEqual(region);
    expect((await api.call('GET', `${IN_GROUP}/none/vmSizes`)).status).toBe(404);
  });

  it('reapply changes nothing that can be seen, and is 202', async () => {
    const before = (await api.call('GET', `${IN_GROUP}/east`)).body;
    const reply = await api.call('POST', `${IN_GROUP}/east/reapply`);
    expect(reply.status).toBe(202);
    expect((await api.finish(reply))['status']).toBe('Succeeded');
    expect((await api.call('GET', `${IN_GROUP}/east`)).body).toEqual(before);
  });
});
