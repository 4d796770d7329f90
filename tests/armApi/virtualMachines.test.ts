import { readFileSync } from 'node:fs';
import { anApi, aVmBody, COMPUTE, GROUP, SUB, SUBSCRIPTION, VM, type Api, type Json } from './api';

const MACHINES = `${COMPUTE}/virtualMachines`;

describe('Virtual machines over the ARM API', () => {
  let api: Api;
  beforeEach(async () => {
    api = await anApi();
    await api.prepare();
  });
  afterEach(() => api.close());

  it('a VM is Creating for some minutes, and then there, with the power on', async () => {
    const reply = await api.call(
      'PUT',
      VM,
      aVmBody('Linux', undefined, { tags: { team: 'web' }, zones: ['2'] }),
    );
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      id: VM,
      name: 'myVirtualMachine',
      type: 'Microsoft.Compute/virtualMachines',
      location: 'eastus',
      tags: { team: 'web' },
      zones: ['2'],
      properties: { provisioningState: 'Creating' },
    });
    expect(reply.headers['azure-asyncoperation']).toMatch(/^http:\/\/127\.0\.0\.1\/subscriptions\//);
    expect(reply.headers['location']).toBeUndefined();
    const operation = await api.finish(reply);
    expect(operation['status']).toBe('Succeeded');
    const { body } = await api.call('GET', `${VM}?$expand=instanceView`);
    expect(body['properties']).toMatchObject({
      provisioningState: 'Succeeded',
      instanceView: {
        statuses: expect.arrayContaining([
          { code: 'PowerState/running', level: 'Info', displayStatus: 'VM running' },
        ]) as unknown,
      },
    });
    expect((await api.call('GET', VM)).body['properties']).not.toHaveProperty('instanceView');
  });

  it('names match without regard to case, and keep the case they were first written in', async () => {
    await api.call('PUT', VM, aVmBody('Linux'));
    const shouted = `/SUBSCRIPTIONS/${SUBSCRIPTION.toUpperCase()}/RESOURCEGROUPS/MYRESOURCEGROUP/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/MYVIRTUALMACHINE`;
    expect((await api.call('GET', shouted)).body['id']).toBe(VM);
    const again = await api.call('PUT', shouted, aVmBody('Linux'));
    expect([again.status, again.body['id'], again.body['name']]).toEqual([200, VM, 'myVirtualMachine']);
    expect((await api.call('GET', MACHINES.toLowerCase())).body['value']).toHaveLength(1);
  });

  it('secrets never come back, and are not kept', async () => {
    const body = aVmBody('Windows', { additionalUnattendContent: [{ content: 'Secret-1' }] });
    const properties = body['properties'] as Record<string, Record<string, unknown>>;
    Object.assign(properties['osProfile'] ?? {}, {
      customData: 'Secret-2',
      secrets: [{ vaultCertificates: ['Secret-3'] }],
      AdminPassword: 'Secret-4',
    });
    Object.assign(properties, {
      userData: 'Secret-5',
      extensionProfile: [{ protectedSettings: { a: 'Secret-6' } }],
    });
    const put = await api.call('PUT', VM, body);
    const operation = await api.finish(put);
    const get = await api.call('GET', `${VM}?$expand=instanceView`);
    const list = await api.call('GET', MACHINES);
    const text = JSON.stringify([put.body, operation, get.body, list.body]);
    expect(text).toContain('azureuser');
    expect(text).not.toMatch(/Secret|protectedSettings|customData/);
  });

  it('a PUT without imageReference and password keeps the stored ones: what az vm update sends', async () => {
    await api.finish(await api.call('PUT', VM, aVmBody('Windows', undefined, { tags: { a: 'b' } })));
    const shown = (await api.call('GET', VM)).body as unknown as Record<string, Record<string, unknown>>;
    const storage = { ...(shown['properties']?.['storageProfile'] as Record<string, unknown>) };
    delete storage['imageReference'];
    const sent = { ...shown, properties: { ...shown['properties'], storageProfile: storage } };
    const { status, body } = await api.call('PUT', VM, sent);
    expect(status).toBe(200);
    expect(body['properties']?.['storageProfile']?.['imageReference']?.['sku']).toBe('2019-Datacenter');
    expect(body['properties']?.['storageProfile']?.['osDisk']?.['osType']).toBe('Windows');
  });

  it('what a GET shows can be PUT back and changes nothing', async () => {
    await api.finish(await api.call('PUT', VM, aVmBody('Windows', undefined, { tags: { a: 'b' } })));
    const before = (await api.call('GET', VM)).body;
    await api.finish(await api.call('PUT', VM, before));
    expect((await api.call('GET', VM)).body).toEqual(before);
  });

  it('a PUT replaces the tags, a PATCH keeps what it does not name', async () => {
    await api.call('PUT', VM, aVmBody('Linux', undefined, { tags: { a: 'b' } }));
    const patched = await api.call('PATCH', VM, { properties: { licenseType: 'None' } });
    expect(patched.body).toMatchObject({ tags: { a: 'b' }, properties: { licenseType: 'None' } });
    const body = aVmBody('Linux');
    const put = await api.call('PUT', VM, body);
    expect(put.body).not.toHaveProperty('tags');
    expect(put.body['properties']).not.toHaveProperty('licenseType');
  });

  it.each([
    ['location', { location: 'westus' }, 'InvalidResourceLocation'],
    ['zones', { zones: ['3'] }, 'PropertyChangeNotAllowed'],
    [
      'availabilitySet.id',
      { properties: { availabilitySet: { id: `${COMPUTE}/availabilitySets/other` } } },
      'PropertyChangeNotAllowed',
    ],
    [
      'imageReference.sku',
      { properties: { storageProfile: { imageReference: { sku: '16.04-LTS' } } } },
      'PropertyChangeNotAllowed',
    ],
    [
      'osProfile.computerName',
      { properties: { osProfile: { computerName: 'x' } } },
      'PropertyChangeNotAllowed',
    ],
  ])('its %s stays what it is', async (_what, change, code) => {
    await api.call('PUT', VM, aVmBody('Linux', undefined, { zones: ['1'] }));
    const { status, body } = await api.call('PATCH', VM, change);
    expect([status, body['error']?.['code']]).toEqual([409, code]);
  });

  it.each([
    ['no location', { properties: { storageProfile: {} } }, 'LocationRequired', 'location'],
    ['no disk', { location: 'eastus', properties: {} }, 'InvalidParameter', 'storageProfile'],
    ['two zones', { ...aVmBody('Linux'), zones: ['1', '2'] }, 'InvalidParameter', 'zones'],
    [
      'windows settings on Linux',
      {
        ...aVmBody('Linux'),
        properties: {
          ...(aVmBody('Linux')['properties'] as object),
          osProfile: { windowsConfiguration: {} },
        },
      },
      'InvalidParameter',
      'windowsConfiguration',
    ],
    ['a number for a text', { location: 5 }, 'InvalidRequestContent', 'location'],
    [
      'a text for an object',
      { location: 'eastus', properties: { storageProfile: {}, osProfile: { linuxConfiguration: 'yes' } } },
      'BadRequest',
      'osProfile.linuxConfiguration',
    ],
  ])('is not created with %s', async (_what, body, code, target) => {
    const reply = await api.call('PUT', VM, body);
    expect([reply.status, reply.body['error']?.['code'], reply.body['error']?.['target']]).toEqual([
      400,
      code,
      target,
    ]);
  });

  it.each([
    [
      'GET',
      VM,
      'ResourceNotFound',
      "The Resource 'Microsoft.Compute/virtualMachines/myVirtualMachine' under resource group 'myResourceGroup' was not found.",
    ],
    [
      'PATCH',
      VM,
      'ResourceNotFound',
      "The Resource 'Microsoft.Compute/virtualMachines/myVirtualMachine' under resource group 'myResourceGroup' was not found.",
    ],
    ['POST', `${VM}/start`, 'ResourceNotFound', undefined],
    [
      'GET',
      VM.replace('myResourceGroup', 'noGroup'),
      'ResourceGroupNotFound',
      "Resource group 'noGroup' could not be found.",
    ],
    [
      'PUT',
      VM.replace('myResourceGroup', 'noGroup'),
      'ResourceGroupNotFound',
      "Resource group 'noGroup' could not be found.",
    ],
    [
      'GET',
      MACHINES.replace('myResourceGroup', 'noGroup'),
      'ResourceGroupNotFound',
      "Resource group 'noGroup' could not be found.",
    ],
    [
      'GET',
      `${COMPUTE}/availabilitySets/none`,
      'ResourceNotFound',
      "The Resource 'Microsoft.Compute/availabilitySets/none' under resource group 'myResourceGroup' was not found.",
    ],
  ])('%s of %s is 404 %s', async (method, path, code, message) => {
    const { status, body } = await api.call(method, path, method === 'GET' ? undefined : {});
    expect([status, body['error']?.['code']]).toEqual([404, code]);
    expect(message ?? body['error']?.['message']).toBe(body['error']?.['message']);
  });

  it('is deleted in some minutes, and 204 when there is nothing to delete', async () => {
    await api.finish(await api.call('PUT', VM, aVmBody('Linux')));
    const reply = await api.call('DELETE', `${VM}?forceDeletion=true`);
    expect(reply.status).toBe(202);
    expect((await api.call('GET', VM)).body['properties']?.['provisioningState']).toBe('Deleting');
    expect((await api.call('PUT', VM, aVmBody('Linux'))).status).toBe(409);
    expect((await api.finish(reply))['status']).toBe('Succeeded');
    expect((await api.call('GET', VM)).status).toBe(404);
    expect((await api.call('DELETE', VM)).status).toBe(204);
  });

  it('one that is created again under its name is another one', async () => {
    const first = await api.call('PUT', VM, aVmBody('Linux'));
    await api.finish(first);
    await api.finish(await api.call('DELETE', VM));
    const second = await api.call('PUT', VM, aVmBody('Linux'));
    expect(second.status).toBe(201);
    expect(second.body['properties']?.['vmId']).not.toEqual(first.body['properties']?.['vmId']);
  });

  it.each(['sixteen-letters1', '12345', 'under_score', 'dot.ted'])(
    'a Windows computer is not called %s: 400, and there is no VM',
    async (computerName) => {
      const bodyOf = (os: 'Windows' | 'Linux'): Record<string, unknown> => {
        const body = aVmBody(os);
        Object.assign((body['properties'] as { osProfile: object }).osProfile, { computerName });
        return body;
      };
      const { status, body } = await api.call('PUT', VM, bodyOf('Windows'));
      expect([status, body['error']?.['target']]).toEqual([400, 'computerName']);
      expect((await api.call('GET', VM)).status).toBe(404);
      expect((await api.call('PUT', VM, bodyOf('Linux'))).status).toBe(201);
    },
  );

  it('the provider has to be registered first', async () => {
    const other = SUB.replace('0001', '0002');
    await api.call('PUT', `${other}/resourceGroups/g`, { location: 'eastus' });
    const { status, body } = await api.call(
      'PUT',
      `${other}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v`,
      aVmBody('Linux'),
    );
    expect([status, body['error']?.['code']]).toEqual([409, 'MissingSubscriptionRegistration']);
  });

  it.each([
    ['powerOff', 'stopped'],
    ['deallocate', 'deallocated'],
    ['restart', 'running'],
  ])('%s makes it %s, start makes it run', async (action, state) => {
    await api.finish(await api.call('PUT', VM, aVmBody('Linux')));
    const power = async (): Promise<string> =>
      JSON.stringify(
        (await api.call('GET', `${VM}?$expand=instanceView`)).body['properties']?.['instanceView']?.[
          'statuses'
        ],
      );
    const reply = await api.call('POST', `${VM}/${action}?skipShutdown=true`);
    expect(reply.status).toBe(202);
    expect((await api.finish(reply))['status']).toBe('Succeeded');
    expect(await power()).toContain(`PowerState/${state}`);
    await api.finish(await api.call('POST', `${VM}/start`));
    expect(await power()).toContain('PowerState/running');
  });

  it('is not switched while it is being created', async () => {
    await api.call('PUT', VM, aVmBody('Linux'));
    const { status, body } = await api.call('POST', `${VM}/restart`);
    expect([status, body['error']?.['code']]).toEqual([409, 'OperationNotAllowed']);
  });

  it('R-703: an extension cannot be installed, updated or removed by hand', async () => {
    await api.call('PUT', VM, aVmBody('Linux'));
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const { status, body } = await api.call(method, `${VM}/extensions/LinuxPatchExtension`, {});
      expect([status, body['error']?.['code']]).toEqual([409, 'OperationNotAllowed']);
    }
    expect((await api.call('GET', `${VM}/extensions/LinuxPatchExtension`)).status).toBe(404);
  });
});

describe('A fleet that was imported', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.call('POST', '/api/fleet', readFileSync('fleets/contoso.json', 'utf8'));
  });
  afterAll(() => api.close());

  const all = async (first: string): Promise<{ ids: string[]; pages: number }> => {
    const ids: string[] = [];
    let pages = 0;
    for (let link: string | undefined = first; link !== undefined; pages += 1) {
      const { body } = await api.call('GET', link);
      ids.push(...(body['value'] as unknown as { id: string }[]).map(({ id }) => id));
      link = (body['nextLink'] as unknown as string | undefined)?.replace('http://127.0.0.1', '');
    }
    return { ids, pages };
  };

  it('shows up as the same resources, page by page, by subscription and by group', async () => {
    const fleet = JSON.parse(readFileSync('fleets/contoso.json', 'utf8')) as {
      virtualMachines: { id: string }[];
    };
    const known = fleet.virtualMachines.map(({ id }) => id).sort();
    const subscriptions = (await api.call('GET', '/subscriptions')).body['value'] as unknown as Json[];
    const found: string[] = [];
    let pages = 0;
    for (const { id } of subscriptions as unknown as { id: string }[]) {
      const listed = await all(`${id}/providers/Microsoft.Compute/virtualMachines`);
      found.push(...listed.ids);
      pages += listed.pages;
    }
    const lower = (ids: readonly string[]): string[] => ids.map((id) => id.toLowerCase()).sort();
    expect(lower(found)).toEqual(lower(known));
    expect(found).not.toEqual(known); // the group is in capitals
    expect(pages).toBeGreaterThan(subscriptions.length);
    const [, , , , group = ''] = known[0]?.split('/') ?? [];
    const prefix = known[0]?.split('/providers/')[0] ?? '';
    const inGroup = await all(`${prefix}/providers/Microsoft.Compute/virtualMachines`);
    expect(inGroup.ids.sort()).toEqual(known.filter((id) => id.startsWith(`${prefix}/`)));
    expect((await api.call('GET', prefix)).body['name']).toBe(group);
  });

  it('has VMs that look like those of Azure, and can be changed', async () => {
    const id =
      '/subscriptions/c0d7050e-0000-4000-8000-000000000001/resourceGroups/rg-hub-web/providers/Microsoft.Compute/virtualMachines/hub-web-01';
    const { body } = await api.call('GET', id);
    expect(body).toMatchObject({
      id,
      name: 'hub-web-01',
      type: 'Microsoft.Compute/virtualMachines',
      location: 'eastus2',
      properties: {
        provisioningState: 'Succeeded',
        osProfile: {
          windowsConfiguration: {
            provisionVMAgent: true,
            patchSettings: { patchMode: 'AutomaticByPlatform' },
          },
        },
      },
    });
    expect((await api.call('GET', `${id}/extensions`)).body['value']).toHaveLength(1);
    expect((await api.call('PATCH', id, { tags: { a: 'b' } })).status).toBe(200);
    const { body: seen } = await api.call('GET', `/api/virtual-machines?id=${id}`);
    expect(seen['vm']).toMatchObject({ tags: { a: 'b' }, enabled: true });
  });

  it('R-604: its subscriptions count as opted in', async () => {
    const sub = '/subscriptions/c0d7050e-0000-4000-8000-000000000001';
    const { body } = await api.call(
      'GET',
      `${sub}/providers/Microsoft.Features/features?api-version=2021-07-01`,
    );
    expect(JSON.stringify(body).match(/"Registered"/g)).toHaveLength(2);
    await api.call('PUT', `${sub}/resourceGroups/new`, { location: 'eastus' });
    const vm = `${sub}/resourceGroups/new/providers/Microsoft.Compute/virtualMachines/v`;
    const put = await api.call(
      'PUT',
      vm,
      aVmBody('Linux', { patchSettings: { patchMode: 'AutomaticByPlatform' } }),
    );
    expect(put.status).toBe(201);
  });

  it('its groups and sets are there, too', async () => {
    const set =
      '/subscriptions/c0d7050e-0000-4000-8000-000000000001/resourceGroups/rg-hub-web/providers/Microsoft.Compute/availabilitySets/as-hub-web';
    const { body } = await api.call('GET', set);
    expect(body['id']).toBe(set);
    expect((body['properties']?.['virtualMachines'] as unknown as unknown[]).length).toBeGreaterThan(1);
    expect((await api.call('GET', GROUP)).status).toBe(404);
  });
});
