import { anOptedInApi, aVmBody, COMPUTE, VM, type Api, type Json, type Reply } from './api';

type Os = 'Windows' | 'Linux';
const mode = (patchMode: string, more: object = {}): Record<string, unknown> => ({
  ...more,
  patchSettings: { patchMode },
});
const AUTO = { enableAutomaticUpdates: true };
const MANUAL = { enableAutomaticUpdates: false };
const MODE = 'windowsConfiguration.patchSettings.patchMode';

describe('Patch modes over the ARM API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anOptedInApi();
  });
  afterAll(() => api.close());

  let number = 0;
  const newVm = (): string => `${COMPUTE}/virtualMachines/vm-${(number += 1)}`;
  const put = (path: string, os: Os, configuration?: Record<string, unknown>): Promise<Reply> =>
    api.call('PUT', path, aVmBody(os, configuration));
  const created = async (os: Os, configuration?: Record<string, unknown>): Promise<string> => {
    const path = newVm();
    const { status, body } = await put(path, os, configuration);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return path;
  };
  const settingsOf = async (path: string): Promise<Json> => {
    const profile = (await api.call('GET', path)).body['properties']?.['osProfile'];
    return profile?.['windowsConfiguration'] ?? profile?.['linuxConfiguration'] ?? {};
  };
  const errorOf = ({ status, body }: Reply): unknown => ({ status, ...body['error'] });

  describe('R-411: AutomaticByPlatform is for Linux and Windows', () => {
    it.each([
      ['Linux', mode('AutomaticByPlatform')],
      ['Windows', mode('AutomaticByPlatform', AUTO)],
      ['Windows', mode('automaticbyplatform', AUTO)],
    ] as const)('%s %j', async (os, configuration) => {
      const settings = await settingsOf(await created(os, configuration));
      expect(settings['patchSettings']).toEqual({ patchMode: 'AutomaticByPlatform' });
    });
  });

  it('R-401, R-402: an image that is not supported, or a custom one, is refused', async () => {
    const refused = {
      status: 400,
      code: 'InvalidParameter',
      message:
        'The selected VM image is not supported for VM Guest patch operations. Learn more at: https://aka.ms/VMGuestPatchingCompatibility',
      target: MODE,
    };
    for (const imageReference of [
      { publisher: 'MicrosoftWindowsServer', offer: 'WindowsServer', sku: '2008-R2-SP1', version: 'latest' },
      { id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/mine' },
    ]) {
      const body = aVmBody('Windows', mode('AutomaticByPlatform', AUTO), {});
      const properties = body['properties'] as Record<string, unknown>;
      properties['storageProfile'] = { imageReference, osDisk: { osType: 'Windows' } };
      expect(errorOf(await api.call('PUT', newVm(), body))).toEqual(refused);
    }
  });

  it('R-412: AutomaticByPlatform on Windows needs enableAutomaticUpdates=true', async () => {
    expect(errorOf(await put(newVm(), 'Windows', mode('AutomaticByPlatform', MANUAL)))).toEqual({
      status: 400,
      code: 'InvalidParameter',
      message:
        "The patchMode 'AutomaticByPlatform' is invalid. For patchMode 'AutomaticByPlatform', the property 'enableAutomaticUpdates' must be set to true.",
      target: MODE,
    });
  });

  it('R-413: AutomaticByOS needs enableAutomaticUpdates=true, and is the default on Windows', async () => {
    expect(await settingsOf(await created('Windows'))).toEqual({
      provisionVMAgent: true,
      enableAutomaticUpdates: true,
      patchSettings: { patchMode: 'AutomaticByOS' },
    });
    expect(errorOf(await put(newVm(), 'Windows', mode('AutomaticByOS', MANUAL)))).toMatchObject({
      status: 400,
      code: 'InvalidParameter',
      target: MODE,
      message:
        "The patchMode 'AutomaticByOS' is invalid. For patchMode 'AutomaticByOS', the property 'enableAutomaticUpdates' must be set to true.",
    });
  });

  it('R-414: Manual needs enableAutomaticUpdates=false, and is what is left without automatic updates', async () => {
    expect(await settingsOf(await created('Windows', MANUAL))).toMatchObject({
      enableAutomaticUpdates: false,
      patchSettings: { patchMode: 'Manual' },
    });
    expect(errorOf(await put(newVm(), 'Windows', mode('Manual', AUTO)))).toMatchObject({
      status: 400,
      code: 'InvalidParameter',
      target: MODE,
      message: expect.stringContaining("'enableAutomaticUpdates' must be set to false") as string,
    });
  });

  it('R-415: ImageDefault is the default on Linux', async () => {
    expect(await settingsOf(await created('Linux'))).toEqual({
      provisionVMAgent: true,
      patchSettings: { patchMode: 'ImageDefault' },
    });
  });

  it.each([
    ['R-415', 'Windows', 'ImageDefault'],
    ['R-413', 'Linux', 'AutomaticByOS'],
    ['R-414', 'Linux', 'Manual'],
    ['R-411', 'Linux', 'Sometimes'],
  ] as const)('%s: on %s there is no mode %s', async (_id, os, patchMode) => {
    const target = `${os.toLowerCase()}Configuration.patchSettings.patchMode`;
    expect(errorOf(await put(newVm(), os, mode(patchMode)))).toMatchObject({
      status: 400,
      code: 'InvalidParameter',
      target,
      message: expect.stringContaining(
        `The value '${patchMode}' of parameter '${target}' is not allowed`,
      ) as string,
    });
  });

  describe('R-417: enableAutomaticUpdates can be set only when the VM is created', () => {
    const notAllowed = {
      status: 409,
      code: 'PropertyChangeNotAllowed',
      message: "Changing property 'windowsConfiguration.enableAutomaticUpdates' is not allowed.",
      target: 'windowsConfiguration.enableAutomaticUpdates',
    };
    it.each([
      [AUTO, MANUAL],
      [MANUAL, AUTO],
      [MANUAL, mode('AutomaticByPlatform', AUTO)],
      [undefined, MANUAL],
    ])('%j to %j is refused', async (before, after) => {
      const path = await created('Windows', before);
      expect(errorOf(await put(path, 'Windows', after))).toEqual(notAllowed);
      const windowsConfiguration = after;
      const patch = { properties: { osProfile: { windowsConfiguration } } };
      expect(errorOf(await api.call('PATCH', path, patch))).toEqual(notAllowed);
    });

    it('sending the value it has succeeds', async () => {
      const path = await created('Windows', MANUAL);
      expect((await put(path, 'Windows', MANUAL)).status).toBe(200);
    });

    it('there is no such property on Linux', async () => {
      expect(errorOf(await put(newVm(), 'Linux', AUTO))).toMatchObject({
        status: 400,
        code: 'BadRequest',
        message: expect.stringContaining(
          "Could not find member 'enableAutomaticUpdates' on object of type 'LinuxConfiguration'.",
        ) as string,
      });
    });
  });

  it.each([
    ['Manual', 'AutomaticByOS'],
    ['Manual', 'AutomaticByPlatform'],
    ['AutomaticByOS', 'Manual'],
    ['AutomaticByPlatform', 'Manual'],
  ])('R-418: %s to %s is refused', async (from, to) => {
    const path = await created('Windows', mode(from, from === 'Manual' ? MANUAL : AUTO));
    expect(errorOf(await put(path, 'Windows', mode(to)))).toMatchObject({
      status: 409,
      code: 'PropertyChangeNotAllowed',
      target: MODE,
      message: `Changing property '${MODE}' from '${from}' to '${to}' is not allowed.`,
    });
  });

  it.each(['PUT', 'PATCH'])(
    'R-419: AutomaticByOS to AutomaticByPlatform is allowed, by %s',
    async (method) => {
      const path = await created('Windows', mode('AutomaticByOS', AUTO));
      const windowsConfiguration = mode('AutomaticByPlatform', AUTO);
      const reply = await api.call(method, path, { properties: { osProfile: { windowsConfiguration } } });
      expect(reply.status).toBe(200);
      expect((await settingsOf(path))['patchSettings']).toEqual({ patchMode: 'AutomaticByPlatform' });
    },
  );

  it.each(['Windows', 'Linux'] as const)(
    'R-501: on %s AutomaticByPlatform needs the VM agent',
    async (os) => {
      const configuration = mode('AutomaticByPlatform', { provisionVMAgent: false });
      expect(errorOf(await put(newVm(), os, configuration))).toMatchObject({
        status: 400,
        code: 'InvalidParameter',
        message: expect.stringContaining("the property 'provisionVMAgent' must be set to true") as string,
        target: `${os.toLowerCase()}Configuration.patchSettings.patchMode`,
      });
    },
  );

  describe('R-701: the bodies of the document enable a VM that exists', () => {
    it('Linux, with 2020-12-01', async () => {
      const path = await created('Linux');
      const linuxConfiguration = mode('AutomaticByPlatform', { provisionVMAgent: true });
      const reply = await api.call('PUT', path, { properties: { osProfile: { linuxConfiguration } } });
      expect(reply.status).toBe(200);
      expect(reply.body['properties']?.['storageProfile']?.['imageReference']?.['sku']).toBe('18.04-LTS');
    });

    it('Windows, with 2020-06-01', async () => {
      const path = await created('Windows');
      const windowsConfiguration = mode('AutomaticByPlatform', { provisionVMAgent: true, ...AUTO });
      const reply = await api.call('PUT', `${path}?api-version=2020-06-01`, {
        properties: { osProfile: { windowsConfiguration } },
      });
      expect(reply.status).toBe(200);
    });

    it('and the VM is not enabled before enablement is complete', async () => {
      const path = await created('Linux', mode('AutomaticByPlatform'));
      await api.pass(6);
      const { body } = await api.call('GET', `/api/virtual-machines?id=${path}`);
      expect(body['vm']?.['enabled']).toBe(false);
      expect((await api.call('GET', `${path}/extensions`)).body).toEqual({ value: [] });
    });
  });

  describe('R-505: patchSettings by the api-version', () => {
    const noMember = (member: string, type: string): unknown => ({
      status: 400,
      code: 'BadRequest',
      message: expect.stringContaining(
        `Could not find member '${member}' on object of type '${type}'. Path 'properties.osProfile.`,
      ) as string,
    });
    it.each([
      ['2020-06-01', 'Linux', { patchMode: 'AutomaticByPlatform' }, 'patchSettings', 'LinuxConfiguration'],
      ['2020-06-01', 'Windows', { enableHotpatching: true }, 'enableHotpatching', 'PatchSettings'],
      ['2020-12-01', 'Windows', { assessmentMode: 'ImageDefault' }, 'assessmentMode', 'PatchSettings'],
      ['2020-12-01', 'Linux', { enableHotpatching: true }, 'enableHotpatching', 'LinuxPatchSettings'],
      [
        '2021-03-01',
        'Linux',
        { automaticByPlatformSettings: {} },
        'automaticByPlatformSettings',
        'LinuxPatchSettings',
      ],
      ['2021-03-01', 'Windows', { patchModes: 'Manual' }, 'patchModes', 'PatchSettings'],
      ['2024-11-01', 'Linux', { rebootSetting: 'Never' }, 'rebootSetting', 'LinuxPatchSettings'],
    ] as const)('%s on %s does not know %j', async (version, os, patchSettings, member, type) => {
      const reply = await api.call(
        'PUT',
        `${newVm()}?api-version=${version}`,
        aVmBody(os, { patchSettings }),
      );
      expect(errorOf(reply)).toMatchObject(noMember(member, type) as object);
    });

    it('newer settings are taken by newer versions, and hidden from older ones', async () => {
      const path = newVm();
      const patchSettings = {
        patchMode: 'AutomaticByPlatform',
        assessmentMode: 'AutomaticByPlatform',
        automaticByPlatformSettings: { rebootSetting: 'IfRequired' },
      };
      const newer = `${path}?api-version=2024-11-01`;
      const body = aVmBody('Linux', { patchSettings, enableVMAgentPlatformUpdates: true });
      expect((await api.call('PUT', newer, body)).status).toBe(201);
      const shown = async (version: string): Promise<unknown> =>
        (await api.call('GET', `${path}?api-version=${version}`)).body['properties']?.['osProfile']?.[
          'linuxConfiguration'
        ]?.['patchSettings'];
      expect(await shown('2024-11-01')).toEqual(patchSettings);
      expect(await shown('2021-03-01')).toEqual({
        patchMode: 'AutomaticByPlatform',
        assessmentMode: 'AutomaticByPlatform',
      });
      expect(await shown('2020-12-01')).toEqual({ patchMode: 'AutomaticByPlatform' });
      expect(await shown('2020-06-01')).toBeUndefined();
    });

    it('automaticByPlatformSettings are only for AutomaticByPlatform', async () => {
      const patchSettings = {
        patchMode: 'ImageDefault',
        automaticByPlatformSettings: { rebootSetting: 'Never' },
      };
      const reply = await api.call(
        'PUT',
        `${newVm()}?api-version=2022-03-01`,
        aVmBody('Linux', { patchSettings }),
      );
      expect(errorOf(reply)).toEqual({
        status: 400,
        code: 'InvalidParameter',
        message: "AutomaticByPlatformSettings cannot be set if the PatchMode is not 'AutomaticByPlatform'.",
        target: 'linuxConfiguration.patchSettings.automaticByPlatformSettings',
      });
    });

    it.each([
      [{ enableHotpatching: true }, 'enableHotpatching'],
      [{ assessmentMode: 'Never' }, 'assessmentMode'],
    ])('%j has a value or a mode that is not allowed', async (patchSettings, member) => {
      const body = aVmBody('Windows', { patchSettings });
      expect(errorOf(await api.call('PUT', `${newVm()}?api-version=2022-03-01`, body))).toMatchObject({
        status: 400,
        code: 'InvalidParameter',
        target: `windowsConfiguration.patchSettings.${member}`,
      });
    });
  });

  it('a refused request changes nothing, also of the VM that exists', async () => {
    const path = await created('Windows', mode('AutomaticByOS', AUTO));
    await api.pass(10);
    const before = (await api.call('GET', path)).body;
    await put(path, 'Windows', mode('Manual', MANUAL));
    await api.call('PATCH', path, {
      tags: { a: 'b' },
      properties: { osProfile: { windowsConfiguration: MANUAL } },
    });
    expect((await api.call('GET', path)).body).toEqual(before);
    expect(VM).not.toBe(path);
  });
});
