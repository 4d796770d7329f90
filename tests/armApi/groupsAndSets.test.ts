import { anApi, aVmBody, COMPUTE, GROUP, SUB, type Api } from './api';

const SETS = `${COMPUTE}/availabilitySets`;
const SET = `${SETS}/mySet`;

describe('Resource groups and availability sets over the ARM API', () => {
  let api: Api;
  beforeEach(async () => {
    api = await anApi();
    await api.prepare();
  });
  afterEach(() => api.close());

  const codeOf = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const reply = await api.call(method, path, body);
    return [reply.status, reply.body['error']?.['code'], reply.body['error']?.['target']];
  };

  it('a group is created (201), changed (200), found (204) and listed, in any case', async () => {
    const other = `${SUB}/resourcegroups/Other`;
    expect((await api.call('HEAD', other)).status).toBe(404);
    const created = await api.call('PUT', other, { location: 'West Europe', tags: { a: 'b' } });
    expect([created.status, created.body]).toEqual([
      201,
      {
        id: `${SUB}/resourceGroups/Other`,
        name: 'Other',
        type: 'Microsoft.Resources/resourceGroups',
        location: 'westeurope',
        tags: { a: 'b' },
        properties: { provisioningState: 'Succeeded' },
      },
    ]);
    expect((await api.call('PUT', other.toLowerCase(), { location: 'westeurope' })).status).toBe(200);
    expect((await api.call('HEAD', other.toUpperCase())).status).toBe(204);
    const { body } = await api.call('GET', `${SUB}/resourcegroups?api-version=2021-04-01`);
    expect(JSON.stringify(body)).toMatch(/"myResourceGroup".*"Other"/);
  });

  it.each([
    [{}, [400, 'LocationRequired', 'location']],
    [{ location: '' }, [400, 'LocationRequired', 'location']],
    [{ location: 'eastus/..' }, [400, 'LocationNotAvailableForResourceType', 'location']],
    [[], [400, 'InvalidRequestContent', undefined]],
    [{ location: 'eastus', tags: { a: 1 } }, [400, 'InvalidRequestContent', 'tags.a']],
  ])('a group is not created from %j', async (body, error) => {
    expect(await codeOf('PUT', `${SUB}/resourceGroups/g`, body)).toEqual(error);
  });

  it('a group stays where it is', async () => {
    expect(await codeOf('PUT', GROUP, { location: 'westus' })).toEqual([
      409,
      'InvalidResourceGroupLocation',
      undefined,
    ]);
  });

  it('a group goes with everything in it, and meanwhile takes nothing new', async () => {
    const vm = `${COMPUTE}/virtualMachines/v`;
    await api.finish(await api.call('PUT', vm, aVmBody('Linux')));
    await api.call('PUT', SET, { location: 'eastus' });
    const reply = await api.call('DELETE', `${GROUP}?api-version=2021-04-01`);
    expect(reply.status).toBe(202);
    expect(reply.headers).toMatchObject({ 'retry-after': '1' });
    expect(await codeOf('PUT', GROUP, { location: 'eastus' })).toEqual([
      409,
      'ResourceGroupBeingDeleted',
      undefined,
    ]);
    expect(await codeOf('PUT', `${COMPUTE}/virtualMachines/w`, aVmBody('Linux'))).toEqual([
      409,
      'OperationNotAllowed',
      undefined,
    ]);
    await api.finish(reply);
    expect((await api.call('HEAD', GROUP)).status).toBe(404);
    await api.call('PUT', GROUP, { location: 'eastus' });
    expect((await api.call('GET', vm)).status).toBe(404);
    expect((await api.call('GET', SET)).status).toBe(404);
  });

  it('a set has 5 update domains and 3 fault domains unless said otherwise', async () => {
    const { status, body } = await api.call('PUT', SET, { location: 'eastus', tags: { a: 'b' } });
    expect([status, body]).toEqual([
      200,
      {
        id: SET,
        name: 'mySet',
        type: 'Microsoft.Compute/availabilitySets',
        location: 'eastus',
        tags: { a: 'b' },
        sku: { name: 'Classic' },
        properties: { platformUpdateDomainCount: 5, platformFaultDomainCount: 3 },
      },
    ]);
    expect((await api.call('PATCH', SET, { sku: { name: 'aligned' } })).body).toMatchObject({
      tags: { a: 'b' },
      sku: { name: 'Aligned' },
    });
  });

  it.each([
    [
      { properties: { platformUpdateDomainCount: 21 } },
      [400, 'InvalidParameter', 'platformUpdateDomainCount'],
    ],
    [
      { properties: { platformUpdateDomainCount: 0 } },
      [400, 'InvalidParameter', 'platformUpdateDomainCount'],
    ],
    [
      { properties: { platformUpdateDomainCount: 2.5 } },
      [400, 'InvalidParameter', 'platformUpdateDomainCount'],
    ],
    [{ properties: { platformFaultDomainCount: 4 } }, [400, 'InvalidParameter', 'platformFaultDomainCount']],
    [{ sku: { name: 'Gold' } }, [400, 'InvalidParameter', 'sku.name']],
    [
      { properties: { platformUpdateDomainCount: '5' } },
      [400, 'InvalidRequestContent', 'properties.platformUpdateDomainCount'],
    ],
  ])('a set is not created with %j', async (more, error) => {
    expect(await codeOf('PUT', SET, { location: 'eastus', ...more })).toEqual(error);
  });

  it('R-208: VMs of a set are dealt to its update domains in turn', async () => {
    await api.call('PUT', SET, { location: 'eastus', properties: { platformUpdateDomainCount: 3 } });
    const properties = { availabilitySet: { id: SET.toUpperCase() } };
    const domains: unknown[] = [];
    for (const n of [1, 2, 3, 4]) {
      const vm = `${COMPUTE}/virtualMachines/v${n}`;
      await api.finish(await api.call('PUT', vm, aVmBody('Linux', undefined, { properties })));
      const { body } = await api.call('GET', `${vm}?$expand=instanceView`);
      domains.push(body['properties']?.['instanceView']?.['platformUpdateDomain']);
    }
    expect(domains).toEqual([0, 1, 2, 0]);
    const { body } = await api.call('GET', SET);
    expect(body['properties']?.['virtualMachines']).toHaveLength(4);
    expect(await codeOf('DELETE', SET)).toEqual([409, 'OperationNotAllowed', undefined]);
    expect(await codeOf('PATCH', SET, { properties: { platformUpdateDomainCount: 5 } })).toEqual([
      ...[409, 'PropertyChangeNotAllowed', 'platformUpdateDomainCount'],
    ]);
  });

  it('a VM goes into a set that is there, in its region, and not into a zone at the same time', async () => {
    const vm = `${COMPUTE}/virtualMachines/v`;
    const properties = { availabilitySet: { id: SET } };
    expect(await codeOf('PUT', vm, aVmBody('Linux', undefined, { properties }))).toEqual([
      404,
      'ResourceNotFound',
      undefined,
    ]);
    await api.call('PUT', SET, { location: 'westus' });
    expect(await codeOf('PUT', vm, aVmBody('Linux', undefined, { properties }))).toEqual([
      400,
      'InvalidParameter',
      'availabilitySet.id',
    ]);
    expect(await codeOf('PUT', vm, aVmBody('Linux', undefined, { properties, zones: ['1'] }))).toEqual([
      400,
      'InvalidParameter',
      'availabilitySet',
    ]);
  });

  it('sets are listed by group and by subscription, and deleted when they are empty', async () => {
    await api.call('PUT', SET, { location: 'eastus' });
    const bySubscription = await api.call(
      'GET',
      `${SUB}/providers/Microsoft.Compute/availabilitySets?$expand=virtualMachines/$ref`,
    );
    expect(bySubscription.body).toEqual((await api.call('GET', SETS)).body);
    expect((await api.call('DELETE', SET)).status).toBe(200);
    expect((await api.call('DELETE', SET)).status).toBe(204);
  });
});
