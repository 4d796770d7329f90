import { anApi, aVmBody, COMPUTE, VM, type Api, type Json, type Reply } from './api';

const NEWER = 'api-version=2024-11-01';
const PLATFORM = {
  patchSettings: {
    patchMode: 'AutomaticByPlatform',
    automaticByPlatformSettings: { rebootSetting: 'IfRequired' },
  },
};

describe('PUT replaces, PATCH merges, null removes', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.prepare();
    await api.optIn();
  });
  afterAll(() => api.close());

  let number = 0;
  const created = async (configuration: object, more: object = {}): Promise<string> => {
    const path = `${COMPUTE}/virtualMachines/vm-${(number += 1)}?${NEWER}`;
    const body = aVmBody('Linux', { ...configuration }, { ...more });
    const reply = await api.call('PUT', path, body);
    if (reply.status !== 201) throw new Error(JSON.stringify(reply.body));
    return path;
  };
  const settingsOf = (reply: Reply): Json | undefined =>
    reply.body['properties']?.['osProfile']?.['linuxConfiguration']?.['patchSettings'];
  const patch = (path: string, linuxConfiguration: object): Promise<Reply> =>
    api.call('PATCH', path, { properties: { osProfile: { linuxConfiguration } } });

  it('AutomaticByPlatform is left by a PATCH of the mode alone: its own settings go with it', async () => {
    const path = await created(PLATFORM);
    const reply = await patch(path, { patchSettings: { patchMode: 'ImageDefault' } });
    expect([reply.status, settingsOf(reply)]).toEqual([
      ...[200, { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' }],
    ]);
  });

  it('AutomaticByPlatform is left by a PATCH that removes its settings with null', async () => {
    const path = await created(PLATFORM);
    const patchSettings = { patchMode: 'ImageDefault', automaticByPlatformSettings: null };
    const reply = await patch(path, { patchSettings });
    expect([reply.status, settingsOf(reply)]).toEqual([
      ...[200, { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' }],
    ]);
  });

  it('AutomaticByPlatform is left by a PUT that does not name its settings', async () => {
    const path = await created(PLATFORM);
    const patchSettings = { patchMode: 'ImageDefault' };
    const reply = await api.call('PUT', path, aVmBody('Linux', { patchSettings }));
    expect([reply.status, settingsOf(reply)]).toEqual([
      ...[200, { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' }],
    ]);
  });

  it('settings that a PATCH asks for together with another mode are refused', async () => {
    const path = await created(PLATFORM);
    const patchSettings = { patchMode: 'ImageDefault', automaticByPlatformSettings: {} };
    expect((await patch(path, { patchSettings })).status).toBe(400);
  });

  it('a PUT of an older version keeps the settings that it cannot see', async () => {
    const path = await created(PLATFORM);
    const older = path.replace(NEWER, 'api-version=2020-12-01');
    await api.call('PUT', older, (await api.call('GET', older)).body);
    expect(settingsOf(await api.call('GET', path))).toEqual({
      ...PLATFORM.patchSettings,
      assessmentMode: 'ImageDefault',
    });
  });

  it.each(['licenseType', 'proximityPlacementGroup', 'securityProfile'])(
    'a PATCH with null, or a PUT without it, removes %s',
    async (member) => {
      const value = member === 'licenseType' ? 'RHEL_BYOS' : { id: '/x' };
      const body = aVmBody('Linux');
      const sent = { ...body, properties: { ...(body['properties'] as object), [member]: value } };
      const path = `${VM}-${member}?${NEWER}`;
      expect((await api.call('PUT', path, sent)).body['properties']).toHaveProperty(member);
      const patched = await api.call('PATCH', path, { properties: { [member]: null } });
      expect(patched.body['properties']).not.toHaveProperty(member);
      expect((await api.call('PUT', path, sent)).body['properties']).toHaveProperty(member);
      expect((await api.call('PUT', path, body)).body['properties']).not.toHaveProperty(member);
    },
  );

  it('a null does not take from a VM what it cannot be without', async () => {
    const path = await created(PLATFORM);
    const before = (await api.call('GET', path)).body['properties'];
    const { body } = await api.call('PATCH', path, {
      properties: { osProfile: { computerName: null, linuxConfiguration: null }, storageProfile: null },
    });
    expect(body['properties']).toEqual({ ...before, provisioningState: expect.anything() as unknown });
  });
});

describe('Values of patchSettings', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.prepare();
    await api.optIn();
  });
  afterAll(() => api.close());

  it('hotpatching is refused on an image that does not support it', async () => {
    const patchSettings = { patchMode: 'AutomaticByPlatform', enableHotpatching: true };
    const { status, body } = await api.call('PUT', `${VM}?${NEWER}`, aVmBody('Windows', { patchSettings }));
    expect([status, body['error']?.['code'], body['error']?.['target']]).toEqual([
      400,
      'InvalidParameter',
      'windowsConfiguration.patchSettings.enableHotpatching',
    ]);
  });

  it.each([
    [{ bypassPlatformSafetyChecksOnUserSchedule: 'yes' }, '.bypassPlatformSafetyChecksOnUserSchedule'],
    [{ rebootSetting: 'Sometimes' }, '.rebootSetting'],
    ['Never', ''],
  ])('automaticByPlatformSettings %j is refused, by the name of the member', async (value, member) => {
    const patchSettings = { patchMode: 'AutomaticByPlatform', automaticByPlatformSettings: value };
    const { status, body } = await api.call('PUT', `${VM}?${NEWER}`, aVmBody('Linux', { patchSettings }));
    const target = `osProfile.linuxConfiguration.patchSettings.automaticByPlatformSettings${member}`;
    expect([status, body['error']?.['target']]).toEqual([400, target]);
  });

  it('member names are read without regard to case, and answered as ARM spells them', async () => {
    const body = aVmBody('Windows', {
      ProvisionVMAgent: true,
      EnableAutomaticUpdates: true,
      PatchSettings: { PATCHMODE: 'AutomaticByPlatform', assessmentmode: 'AutomaticByPlatform' },
    });
    const sent = {
      Location: body['location'],
      PROPERTIES: body['properties'],
      Tags: { Team: 'web', team: 'b' },
    };
    const reply = await api.call('PUT', `${VM}-pascal?${NEWER}`, sent);
    expect(reply.body['properties']?.['osProfile']?.['windowsConfiguration']).toEqual({
      provisionVMAgent: true,
      enableAutomaticUpdates: true,
      patchSettings: { patchMode: 'AutomaticByPlatform', assessmentMode: 'AutomaticByPlatform' },
    });
    expect([reply.status, reply.body['tags']]).toEqual([201, { Team: 'web', team: 'b' }]);
  });
});
