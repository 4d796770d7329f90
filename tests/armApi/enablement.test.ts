import { aVmBody, anOptedInApi, GROUP, VM, type Api, type Json } from './api';

/** Off-peak in eastus is 22:00 to 06:00, UTC less five hours in November. */
const HOURS = 60;

let api: Api;
beforeEach(async () => {
  api = await anOptedInApi();
});
afterEach(() => api.close());

const BY_PLATFORM = { provisionVMAgent: true, patchSettings: { patchMode: 'AutomaticByPlatform' } };
const WINDOWS_BY_PLATFORM = { ...BY_PLATFORM, enableAutomaticUpdates: true };
const NEW_YORK = 'America/New_York';

async function put(body: Record<string, unknown>, path = VM): Promise<void> {
  const reply = await api.call('PUT', path, body);
  expect(reply.status).toBeLessThan(300);
}

const create = async (
  os: 'Linux' | 'Windows',
  tags: Record<string, string> = {},
  path = VM,
): Promise<void> => {
  const configuration = os === 'Windows' ? WINDOWS_BY_PLATFORM : BY_PLATFORM;
  await put(aVmBody(os, configuration, { tags: { 'lowtide-power': 'alwaysOn', ...tags } }), path);
};

async function view(apiVersion = '2020-12-01', path = VM): Promise<Json> {
  const reply = await api.call('GET', `${path}/instanceView?api-version=${apiVersion}`);
  expect(reply.status).toBe(200);
  return reply.body;
}

const statusOf = async (): Promise<Json | undefined> =>
  (await view())['patchStatus']?.['configurationStatuses']?.[0 as never];

async function passUntil(isSo: () => Promise<boolean>, hoursMax = 60): Promise<void> {
  for (let half = 0; half < hoursMax * 2; half += 1) {
    if (await isSo()) return;
    await api.pass(30);
  }
  throw new Error('It never became so.');
}

const isReady = async (): Promise<boolean> =>
  ((await statusOf())?.['code'] as unknown) === 'PatchModeConfigurationState/Ready';

/** Hour of the day in New York. */
const localHour = (): number =>
  Number(
    new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone: NEW_YORK }).format(
      new Date(api.host.nowUtc()),
    ),
  );

it.each(['Windows', 'Linux'] as const)(
  'R-701, R-702, R-704, R-709: a %s VM is enabled in its off-peak hours, and its instance view shows it',
  async (os) => {
    await create(os);
    expect(await statusOf()).toMatchObject({ code: 'PatchModeConfigurationState/Pending' });
    expect((await view())['extensions']).toBeUndefined();
    expect((await view())['patchStatus']?.['availablePatchSummary']).toBeUndefined();

    await passUntil(isReady);
    expect(localHour() >= 22 || localHour() <= 6).toBe(true);
    const shown = await view();
    const type = `Microsoft.CPlat.Core.${os}PatchExtension`;
    expect(shown['extensions']).toMatchObject([
      { type, statuses: [{ code: 'ProvisioningState/succeeded' }] },
    ]);
    expect(shown['patchStatus']).toMatchObject({
      availablePatchSummary: { status: 'Succeeded', otherPatchCount: expect.any(Number) as number },
      configurationStatuses: [{ displayStatus: 'Status_PatchModeConfigurationState_Ready', level: 'Info' }],
    });
    const extensions = await api.call('GET', `${VM}/extensions`);
    expect(extensions.body['value']).toMatchObject([{ properties: { type: `${os}PatchExtension` } }]);
  },
);

it.each([
  [
    'R-706: Automatic Windows Update is turned off',
    'Windows',
    null,
    /Automatic Windows Update is turned off/,
  ],
  ['R-707: the default updates of Ubuntu are disabled', 'Linux', null, /disabled/],
  [
    'R-708: those of RHEL are reported, not disabled',
    'Linux',
    { publisher: 'RedHat', offer: 'RHEL', sku: '7.8', version: 'latest' },
    /by hand: systemctl stop packagekit; systemctl mask packagekit/,
  ],
] as const)('%s when the extension is installed', async (_rule, os, image, says) => {
  const configuration = os === 'Windows' ? WINDOWS_BY_PLATFORM : BY_PLATFORM;
  const more = image === null ? {} : { properties: { storageProfile: { imageReference: image } } };
  await put(aVmBody(os, configuration, { tags: { 'lowtide-power': 'alwaysOn' }, ...more }));
  await passUntil(isReady);
  expect((await statusOf())?.['message']).toMatch(says);
});

it('R-419, R-701, R-706: a VM of AutomaticByOS is enabled by a PATCH', async () => {
  const tags = { 'lowtide-power': 'alwaysOn' };
  await put(aVmBody('Windows', { enableAutomaticUpdates: true }, { tags }));
  await api.pass(26 * HOURS);
  expect(await statusOf()).toBeUndefined();
  const windowsConfiguration = { patchSettings: { patchMode: 'AutomaticByPlatform' } };
  await api.call('PATCH', VM, { properties: { osProfile: { windowsConfiguration } } });
  expect((await statusOf())?.['code']).toBe('PatchModeConfigurationState/Pending');
  await passUntil(isReady);
});

it('a PUT repeated does not begin a second enablement', async () => {
  await create('Linux');
  await create('Linux');
  await passUntil(isReady);
  await create('Linux');
  await api.pass(24 * HOURS);
  const { appServices } = api.host.appModule('./dist/composition/compose') as {
    appServices: () => Promise<{ driver: { events(): Iterable<{ action: string }> } }>;
  };
  const events = [...(await appServices()).driver.events()];
  expect(events.filter(({ action }) => action === 'extensionInstalled')).toHaveLength(1);
});

it.each([
  ['R-502', 'Linux', { 'lowtide-agent-version': '2.2.52' }, /must be 2\.2\.53\.1 or higher/],
  ['R-503', 'Windows', { 'lowtide-windows-update-service': 'stopped' }, /Windows Update service/],
  ['R-504', 'Windows', { 'lowtide-update-endpoint': 'unreachable' }, /update endpoint/],
  ['R-504', 'Linux', { 'lowtide-update-endpoint': 'unreachable' }, /update endpoint/],
] as const)(
  '%s: the state of a %s VM that lacks what it needs says so, and enabled once it is corrected',
  async (_rule, os, tags, says) => {
    await create(os, tags);
    await api.pass(30 * HOURS);
    expect(await statusOf()).toMatchObject({ code: 'PatchModeConfigurationState/Pending', level: 'Error' });
    expect((await statusOf())?.['message']).toMatch(says);
    expect((await view())['extensions']).toBeUndefined();
    await api.call('PATCH', VM, { tags: { 'lowtide-power': 'alwaysOn' } });
    await passUntil(isReady);
  },
);

it('R-501: a VM without an agent cannot be enabled, and nothing can be assessed on it', async () => {
  const reply = await api.call(
    'PUT',
    VM,
    aVmBody('Windows', { ...WINDOWS_BY_PLATFORM, provisionVMAgent: false }),
  );
  expect(reply).toMatchObject({ status: 400, body: { error: { code: 'InvalidParameter' } } });
  await put(aVmBody('Windows', { enableAutomaticUpdates: true, provisionVMAgent: false }));
  await api.pass(HOURS);
  expect((await view())['vmAgent']).toMatchObject({ vmAgentVersion: 'Unknown' });
  expect(await api.call('POST', `${VM}/assessPatches`)).toMatchObject({
    status: 409,
    body: { error: { code: 'OperationNotAllowed' } },
  });
});

it('R-702: a VM that is often off is enabled in the first window in which it runs', async () => {
  await create('Linux');
  await api.pass(HOURS);
  await api.call('POST', `${VM}/deallocate`);
  await api.pass(40 * HOURS);
  expect((await statusOf())?.['message']).toMatch(/not running/);
  await api.call('POST', `${VM}/start`);
  await passUntil(isReady);
});

it('R-505: the version of 2020-06-01 shows a Windows VM in the shapes of its time', async () => {
  await create('Windows');
  await passUntil(isReady);
  const { patchStatus } = await view('2020-06-01');
  expect(patchStatus?.['availablePatchSummary']).toBeDefined();
  expect(patchStatus?.['configurationStatuses']).toBeUndefined();
});

it('R-114: nothing is installed before the patch extension is there', async () => {
  await create('Linux');
  await api.pass(HOURS);
  const order = { maximumDuration: 'PT2H', rebootSetting: 'IfRequired' };
  const early = await api.call('POST', `${VM}/installPatches`, order);
  expect(early).toMatchObject({ status: 409, body: { error: { code: 'OperationNotAllowed' } } });
  expect(early.body['error']?.['message']).toMatch(/patch extension/);
  await passUntil(isReady);
  expect((await api.call('POST', `${VM}/installPatches`, order)).status).toBe(202);
});

it('what was known of a VM that was deleted is not reported for another one of its name', async () => {
  await create('Linux');
  await passUntil(isReady);
  await api.call('DELETE', VM);
  await api.pass(30);
  expect((await api.call('GET', VM)).status).toBe(404);
  await create('Linux');
  await api.pass(10);
  expect((await view())['patchStatus']?.['availablePatchSummary']).toBeUndefined();
  await passUntil(isReady);
});

it('R-804, R-112: an enabled VM takes part in the next rollout, and its summary counts every patch', async () => {
  await create('Windows');
  await passUntil(isReady);
  await api.host.runUntil('2026-11-10T18:30:00.000Z');
  expect((await api.host.request('POST', '/api/rollouts', { month: '2026-11' })).status).toBe(202);
  await api.pass(24 * 3 * HOURS);
  const { lastPatchInstallationSummary: last } = (await view())['patchStatus'] ?? {};
  expect(last).toMatchObject({ status: 'Succeeded', failedPatchCount: 0, pendingPatchCount: 0 });
  expect(Number(last?.['installedPatchCount'])).toBeGreaterThan(0);
  expect(Number(last?.['notSelectedPatchCount'])).toBeGreaterThan(0);
});

it('the instance view of a VM in a set names its update domain', async () => {
  const set = `${GROUP}/providers/Microsoft.Compute/availabilitySets/web`;
  await api.call('PUT', set, { location: 'eastus', sku: { name: 'Aligned' } });
  const properties = { availabilitySet: { id: set } };
  await put(aVmBody('Linux', BY_PLATFORM, { properties }));
  await api.pass(10);
  expect((await view())['platformUpdateDomain']).toBe(0);
});
