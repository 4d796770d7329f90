import { anOptedInApi, aVmBody, COMPUTE, VM, type Api, type Json, type Reply } from './api';

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
    api = await anOptedInApi();
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

  it.each([
    ['timeZone', 'osProfile.windowsConfiguration.timeZone'],
    ['winRM', 'osProfile.windowsConfiguration.winRM'],
    ['patchSettings', 'osProfile.windowsConfiguration.patchSettings.enableHotpatching'],
  ])('a null removes what a VM can be without, at any depth, by PATCH or PUT: %s', async (member, path) => {
    const at = `${COMPUTE}/virtualMachines/null-${member}?${NEWER}`;
    const more = { [member]: member === 'timeZone' ? 'Tokyo Standard Time' : { enableHotpatching: false } };
    const has = (reply: Reply): boolean =>
      path.split('.').reduce<Json | undefined>((value, name) => value?.[name], reply.body['properties']) !==
      undefined;
    for (const method of ['PATCH', 'PUT']) {
      await api.call('PUT', at, aVmBody('Windows', more));
      expect(has(await api.call('GET', at))).toBe(true);
      await api.call(method, at, aVmBody('Windows', { [member]: null }));
      expect(has(await api.call('GET', at))).toBe(false);
    }
  });

  it('a null does not take from a VM what it cannot be without', async () => {
    const path = await created(PLATFORM);
    const before = (await api.call('GET', path)).body['properties'];
    const { body } = await api.call('PATCH', path, {
      properties: {
        osProfile: { computerName: null, linuxConfiguration: null },
        storageProfile: null,
        hardwareProfile: { vmSize: null },
        networkProfile: { networkInterfaces: null },
      },
    });
    expect(body['properties']).toEqual({ ...before, provisioningState: expect.anything() as unknown });
  });
});

describe('Values of patchSettings', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anOptedInApi();
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
      patchSettings: {
        patchMode: 'AutomaticByPlatform',
        automaticByPlatformSettings: { bypassPlatformSafetyChecksOnUserSchedule: false },
        assessmentMode: 'AutomaticByPlatform',
      },
    });
    expect([reply.status, reply.body['tags']]).toEqual([201, { Team: 'web', team: 'b' }]);
  });

  it.each<[string, (name: string) => string]>([
    ['PascalCase', (name) => name.charAt(0).toUpperCase() + name.slice(1)],
    ['CAPITALS', (name) => name.toUpperCase()],
    ['small letters', (name) => name.toLowerCase()],
  ])('every member of a VM, in %s, is the member that ARM spells', async (written, spell) => {
    const respelled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(respelled);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [spell(name), respelled(inner)]),
      );
    };
    const body = aVmBody('Windows', {
      winRM: { listeners: [{ protocol: 'Http' }] },
      patchSettings: {
        patchMode: 'AutomaticByPlatform',
        automaticByPlatformSettings: { rebootSetting: 'Never' },
      },
    });
    const properties = {
      ...(body['properties'] as { osProfile: object }),
      additionalCapabilities: { ultraSSDEnabled: true, hibernationEnabled: false },
      securityProfile: {
        securityType: 'TrustedLaunch',
        uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
      },
      scheduledEventsProfile: { terminateNotificationProfile: { notBeforeTimeout: 'PT5M', enable: true } },
      extensionsTimeBudget: 'PT1H',
    };
    const osProfile = { ...properties.osProfile, allowExtensionOperations: false };
    const sent = { ...body, properties: { ...properties, osProfile } };
    const name = `${VM}-${written.replace(' ', '')}`;
    const plain = (await api.call('PUT', `${name}-1?${NEWER}`, sent)).body['properties'];
    const other = (await api.call('PUT', `${name}-2?${NEWER}`, respelled(sent))).body['properties'];
    const same = { vmId: '', timeCreated: '' };
    expect({ ...other, ...same }).toEqual({ ...plain, ...same });
    const removed = await api.call(
      'PATCH',
      `${name}-2?${NEWER}`,
      respelled({ properties: { extensionsTimeBudget: null } }),
    );
    expect(removed.body['properties']).not.toHaveProperty('extensionsTimeBudget');
  });

  it('bypassPlatformSafetyChecksOnUserSchedule is of 2023-03-01: refused before, not shown before, and kept by a PUT that cannot see it', async () => {
    const path = (version: string): string => `${VM}-older?api-version=${version}`;
    const body = aVmBody('Linux', {
      patchSettings: {
        patchMode: 'AutomaticByPlatform',
        automaticByPlatformSettings: { bypassPlatformSafetyChecksOnUserSchedule: true },
      },
    });
    expect((await api.call('PUT', path('2022-11-01'), body)).status).toBe(400);
    expect((await api.call('PUT', path('2023-03-01'), body)).status).toBe(201);
    const older = (await api.call('GET', path('2022-11-01'))).body;
    expect(JSON.stringify(older)).not.toContain('bypass');
    expect((await api.call('PUT', path('2022-11-01'), older)).status).toBe(200);
    expect(JSON.stringify((await api.call('GET', path('2023-03-01'))).body)).toContain(
      '"bypassPlatformSafetyChecksOnUserSchedule":true',
    );
  });

  it('words of Azure are taken in any case, and answered as Azure writes them', async () => {
    const patchSettings = {
      patchMode: 'AUTOMATICBYPLATFORM',
      assessmentMode: 'automaticbyplatform',
      automaticByPlatformSettings: { rebootSetting: 'NEVER' },
    };
    const { body } = await api.call('PUT', `${VM}-words?${NEWER}`, aVmBody('Linux', { patchSettings }));
    expect(body['properties']?.['osProfile']?.['linuxConfiguration']?.['patchSettings']).toEqual({
      patchMode: 'AutomaticByPlatform',
      automaticByPlatformSettings: { rebootSetting: 'Never' },
      assessmentMode: 'AutomaticByPlatform',
    });
  });

  it('a VM of a scale set stays in it when a PUT leaves it out, leaves it by null, and goes into no other', async () => {
    const path = `${VM}-flex?${NEWER}`;
    const inSet = (name: string): Record<string, unknown> =>
      aVmBody('Linux', undefined, {
        properties: {
          virtualMachineScaleSet: { id: `${COMPUTE}/virtualMachineScaleSets/${name}` },
          platformFaultDomain: -1,
        },
      });
    const setOf = (reply: Reply): Json | undefined => reply.body['properties']?.['virtualMachineScaleSet'];
    expect((await api.call('PUT', path, inSet('one'))).status).toBe(201);
    expect(setOf(await api.call('PUT', path, aVmBody('Linux')))).toBeDefined();
    const other = await api.call('PUT', path, inSet('two'));
    expect([other.status, other.body['error']?.['code']]).toEqual([409, 'PropertyChangeNotAllowed']);
    expect((await api.call('PUT', path, inSet('ONE'))).status).toBe(200);
    const left = await api.call('PATCH', path, { properties: { virtualMachineScaleSet: null } });
    expect([left.status, setOf(left)]).toEqual([200, undefined]);
  });

  it('a member that every object has is none of the settings', async () => {
    const automaticByPlatformSettings = { constructor: 1 };
    const patchSettings = { patchMode: 'AutomaticByPlatform', automaticByPlatformSettings };
    const { status } = await api.call('PUT', `${VM}-x?${NEWER}`, aVmBody('Linux', { patchSettings }));
    expect(status).toBe(400);
  });
});
