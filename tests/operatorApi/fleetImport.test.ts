import { anApi, type Api } from '../armApi/api';
import { windowsFleet } from '../support/windowsVm';

const MEBIBYTE = 1024 * 1024;

function aFleetOfToday(): string {
  const id =
    '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/new';
  const imageReference = {
    publisher: 'Canonical',
    offer: '0001-com-ubuntu-server-jammy',
    sku: '22_04-lts',
    version: 'latest',
  };
  const properties = {
    storageProfile: { imageReference, osDisk: { osType: 'Linux' } },
    osProfile: { linuxConfiguration: { patchSettings: { patchMode: 'AutomaticByPlatform' } } },
  };
  return JSON.stringify([{ id, name: 'new', location: 'eastus', properties }]);
}

describe('POST /api/fleet', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
  });
  afterAll(() => api.close());

  it('accepts a large fleet at once and imports it in steps, whose progress can be asked for', async () => {
    const posted = await api.send('POST', '/api/fleet', windowsFleet(['eastus', 'japaneast'], 3000));
    expect([posted.status, posted.body['vmCount']]).toEqual([202, 6000]);
    const path = posted.headers['location'] ?? '';
    await api.host.idle();
    const { body } = await api.send('GET', path);
    expect(body).toEqual({ state: 'done', vmCount: 6000, importedCount: 6000 });
    const again = await api.send('POST', '/api/fleet', windowsFleet(['eastus'], 2));
    expect(again.status).toBe(200);
  });

  it('a posted fleet has the images of today: it is none of those that ship with Lowtide', async () => {
    const { status, body } = await api.send('POST', '/api/fleet', aFleetOfToday());
    expect([status, body['notes']]).toEqual([200, []]);
    const { body: fleet } = await api.send('GET', '/api/fleet');
    expect(fleet['value']?.[0 as never]?.['reason']).not.toBe('unsupportedImage');
    const { body: policy } = await api.send('GET', '/api/policy');
    expect(policy['inForce']?.['imageProfile']).toBe('current');
  });

  it('knows no other import', async () => {
    expect((await api.send('GET', '/api/fleet/imports/rollout-2026-11')).status).toBe(404);
    expect((await api.send('GET', '/api/fleet/imports/fleet-import-1')).status).toBe(404);
  });

  it('names the limit of a body that is larger', async () => {
    const { status, body } = await api.send('POST', '/api/fleet', ' '.repeat(65 * MEBIBYTE));
    expect([status, body['title']]).toEqual([400, 'The body has more than 64 MiB.']);
  });
});

it('a host whose settings name the images judges a posted fleet by them, and says which setting takes the others in', async () => {
  const api = await anApi({ environment: { LOWTIDE_IMAGE_PROFILE: 'specification' } });
  const fleet = aFleetOfToday();
  const { status, body } = await api.send('POST', '/api/fleet', fleet);
  expect([status, body['notes']]).toEqual([
    200,
    [
      "1 VMs have images that are not in the profile 'specification' of this host; LOWTIDE_IMAGE_PROFILE=current takes them in.",
    ],
  ]);
  await api.close();
});
