import { aVmBody, anOptedInApi, COMPUTE, SUB, type Api, type Json, type Reply } from './api';

/** A VM in zone 1 of eastus and one in zone 2, and two in different update domains of a set, all enabled. */
const ONE = `${COMPUTE}/virtualMachines/one`;
const TWO = `${COMPUTE}/virtualMachines/two`;
const SET = `${COMPUTE}/availabilitySets/web`;
const WEB_0 = `${COMPUTE}/virtualMachines/web-0`;
const WEB_1 = `${COMPUTE}/virtualMachines/web-1`;

let api: Api;
beforeEach(async () => {
  api = await anOptedInApi();
  await api.call('PUT', SET, { location: 'westus3', sku: { name: 'Aligned' } });
  const inSet = { properties: { availabilitySet: { id: SET } } };
  await create(ONE, 'Windows', { zones: ['1'] });
  await create(TWO, 'Linux', { zones: ['2'] });
  await create(WEB_0, 'Linux', { location: 'westus3', ...inSet });
  await create(WEB_1, 'Linux', { location: 'westus3', ...inSet });
  for (let hour = 0; hour < 40 && !(await areReady()); hour += 1) await api.pass(60);
  if (!(await areReady())) throw new Error('They were never enabled.');
  await api.host.runUntil(NOON);
});
afterEach(() => api.close());

/** The day after the release, at noon in New York: no off-peak hours anywhere near. */
const NOON = '2026-11-11T17:00:00.000Z';

const ORDER = {
  maximumDuration: 'PT2H',
  rebootSetting: 'IfRequired',
  windowsParameters: { classificationsToInclude: ['Critical', 'Security'] },
};
const LINUX_ORDER = {
  maximumDuration: 'PT2H',
  rebootSetting: 'IfRequired',
  linuxParameters: { classificationsToInclude: ['Critical', 'Security'] },
};

async function create(path: string, os: 'Linux' | 'Windows', more: Record<string, unknown>): Promise<void> {
  const configuration = {
    provisionVMAgent: true,
    patchSettings: { patchMode: 'AutomaticByPlatform' },
    ...(os === 'Windows' && { enableAutomaticUpdates: true }),
  };
  const body = aVmBody(os, configuration, { tags: { 'lowtide-power': 'alwaysOn' }, ...more });
  const reply = await api.call('PUT', path, body);
  if (reply.status !== 201) throw new Error(JSON.stringify(reply.body));
}

/** A leaf of an answer. */
const textOf = (json: Json | undefined): string => json as unknown as string;

const viewOf = async (path: string): Promise<Json> => (await api.call('GET', `${path}/instanceView`)).body;

async function areReady(): Promise<boolean> {
  for (const path of [ONE, TWO, WEB_0, WEB_1]) {
    const view = await viewOf(path);
    const code = view['patchStatus']?.['configurationStatuses']?.[0 as never]?.['code'];
    if (textOf(code) !== 'PatchModeConfigurationState/Ready') return false;
  }
  return true;
}

const install = (path: string, order: unknown, query = ''): Promise<Reply> =>
  api.call('POST', `${path}/installPatches${query}`, order);

async function resultOf(reply: Reply): Promise<Json> {
  expect(reply.status).toBe(202);
  expect((await api.finish(reply))['status']).toBe('Succeeded');
  const path = (reply.headers['location'] ?? '').replace(/^https?:\/\/[^/]+/, '');
  return (await api.send('GET', path)).body;
}

const assess = async (path: string): Promise<Json> =>
  resultOf(await api.call('POST', `${path}/assessPatches`));

describe('an assessment on demand', () => {
  it('R-901, R-902: works at noon, takes minutes, and shows up in the instance view', async () => {
    const begun = api.host.nowUtc();
    const found = await assess(ONE);
    expect(Date.parse(api.host.nowUtc()) - Date.parse(begun)).toBeGreaterThan(2 * 60_000);
    expect(found).toMatchObject({ status: 'Succeeded', rebootPending: false });
    const { assessmentActivityId, criticalAndSecurityPatchCount, otherPatchCount } = found;
    expect((await viewOf(ONE))['patchStatus']?.['availablePatchSummary']).toMatchObject({
      assessmentActivityId,
      criticalAndSecurityPatchCount,
      otherPatchCount,
    });
  });

  it('R-802: lists the patches it counts, each with what clients ask of it', async () => {
    const found = await assess(ONE);
    const patches = found['availablePatches'] as unknown as readonly Json[];
    expect(patches).toHaveLength(
      Number(found['criticalAndSecurityPatchCount']) + Number(found['otherPatchCount']),
    );
    for (const patch of patches)
      expect(patch).toMatchObject({
        patchId: expect.any(String) as string,
        kbId: expect.any(String) as string,
        classifications: [expect.any(String)],
        assessmentState: 'Available',
        publishedDate: expect.any(String) as string,
        activityId: found['assessmentActivityId'],
      });
  });

  it('R-505: is answered to clients of 2020-06-01 as Azure answers them', async () => {
    const found = await resultOf(await api.call('POST', `${ONE}/assessPatches?api-version=2020-06-01`));
    expect((found['availablePatches'] as unknown as readonly Json[])[0]?.['kbId']).toBeDefined();
  });

  it('R-903: never installs anything, however long one waits outside of a rollout', async () => {
    await assess(ONE);
    await api.pass(30 * 60);
    expect((await viewOf(ONE))['patchStatus']?.['lastPatchInstallationSummary']).toBeUndefined();
  });

  it('R-605: is refused without its own feature, with the way to it', async () => {
    const feature = `${SUB}/providers/Microsoft.Features/providers/Microsoft.Compute/features/InGuestPatchVMPreview`;
    await api.call('POST', `${feature}/unregister?api-version=2021-07-01`);
    await api.pass(20);
    const reply = await api.call('POST', `${ONE}/assessPatches`);
    expect(reply.status).toBe(403);
    expect(reply.body['error']?.['message']).toMatch(/InGuestPatchVMPreview\/register/);
  });

  it('is refused on a VM that is off: 409 OperationNotAllowed', async () => {
    await api.call('POST', `${ONE}/powerOff`);
    await api.pass(10);
    expect(await api.call('POST', `${ONE}/assessPatches`)).toMatchObject({
      status: 409,
      body: { error: { code: 'OperationNotAllowed' } },
    });
  });
});

describe('an installation on demand', () => {
  it('R-803: installs what was ordered in the middle of the day, and counts what became of every patch', async () => {
    const before = await assess(ONE);
    const result = await resultOf(await install(ONE, ORDER));
    expect(result).toMatchObject({
      status: 'Succeeded',
      maintenanceWindowExceeded: false,
      failedPatchCount: 0,
      installedPatchCount: before['criticalAndSecurityPatchCount'],
      notSelectedPatchCount: before['otherPatchCount'],
    });
    const states = (result['patches'] as unknown as readonly Json[]).map((patch) =>
      textOf(patch['installationState']),
    );
    expect(states.filter((state) => state === 'Installed')).toHaveLength(
      Number(result['installedPatchCount']),
    );
    expect(states.filter((state) => state === 'NotSelected')).toHaveLength(
      Number(result['notSelectedPatchCount']),
    );
    const summary = (await viewOf(ONE))['patchStatus']?.['lastPatchInstallationSummary'];
    expect(summary).toMatchObject({
      installationActivityId: result['installationActivityId'],
      installedPatchCount: result['installedPatchCount'],
    });
    expect((await assess(ONE))['criticalAndSecurityPatchCount']).toBe(0);
  });

  it('honours KB exclusions, and counts them', async () => {
    const patches = (await assess(ONE))['availablePatches'] as unknown as readonly Json[];
    const [first] = patches.filter(({ classifications }) =>
      /Critical|Security/.test((classifications as unknown as string[]).join()),
    );
    const kb = textOf(first?.['kbId']);
    const windowsParameters = { ...ORDER.windowsParameters, kbNumbersToExclude: [kb] };
    const result = await resultOf(await install(ONE, { ...ORDER, windowsParameters }));
    expect(result['excludedPatchCount']).toBe(1);
    const listed = result['patches'] as unknown as readonly Json[];
    const excluded = listed.filter((patch) => textOf(patch['installationState']) === 'Excluded');
    expect(excluded.map(({ kbId }) => textOf(kbId))).toEqual([kb]);
  });

  it('honours package names', async () => {
    const patches = (await assess(TWO))['availablePatches'] as unknown as readonly Json[];
    const name = textOf(patches[0]?.['name']);
    const linuxParameters = { packageNameMasksToInclude: [name] };
    const result = await resultOf(await install(TWO, { ...LINUX_ORDER, linuxParameters }));
    const found = result['patches'] as unknown as readonly Json[];
    const installed = found.filter((patch) => textOf(patch['installationState']) === 'Installed');
    expect(installed.map((patch) => textOf(patch['name']))).toEqual([name]);
  });

  it('honours maxPatchPublishDate', async () => {
    const windowsParameters = { ...ORDER.windowsParameters, maxPatchPublishDate: '2026-11-09T00:00:00Z' };
    await resultOf(await install(ONE, { ...ORDER, windowsParameters }));
    expect((await assess(ONE))['criticalAndSecurityPatchCount']).not.toBe(0);
  });

  it('honours maximumDuration: what does not fit is pending, and the window counts as exceeded', async () => {
    const result = await resultOf(await install(ONE, { ...ORDER, maximumDuration: 'PT15M' }));
    expect(result).toMatchObject({ maintenanceWindowExceeded: true });
    expect(Number(result['pendingPatchCount'])).toBeGreaterThan(0);
  });

  it('takes what the CLI sends: the parameters of both systems, those of the other one empty', async () => {
    const linuxParameters = { classificationsToInclude: null, packageNameMasksToInclude: [] };
    expect((await install(ONE, { ...ORDER, linuxParameters })).status).toBe(202);
  });

  it('honours rebootSetting Never', async () => {
    const result = await resultOf(await install(ONE, { ...ORDER, rebootSetting: 'Never' }));
    expect(textOf(result['rebootStatus'])).toMatch(/Required|NotNeeded/);
  });

  it('INV-3: waits while a VM in another zone of the region is being worked on', async () => {
    const first = await install(ONE, ORDER);
    await api.pass(2);
    const second = await install(TWO, LINUX_ORDER);
    expect(second.status).toBe(202);
    await api.pass(15);
    expect((await viewOf(TWO))['patchStatus']?.['lastPatchInstallationSummary']).toBeUndefined();
    await resultOf(first);
    await resultOf(second);
    const started = async (path: string): Promise<string> =>
      textOf((await viewOf(path))['patchStatus']?.['lastPatchInstallationSummary']?.['startTime']);
    const ended = textOf(
      (await viewOf(ONE))['patchStatus']?.['lastPatchInstallationSummary']?.['lastModifiedTime'],
    );
    expect((await started(TWO)) > ended).toBe(true);
  });

  it('INV-1, INV-2: answers 409 with the claim that is in the way, to a caller that does not want to wait', async () => {
    await install(WEB_0, LINUX_ORDER);
    await api.pass(2);
    const otherDomain = await install(WEB_1, LINUX_ORDER, '?ifBusy=fail');
    expect(otherDomain).toMatchObject({ status: 409, body: { error: { code: 'OperationNotAllowed' } } });
    expect(otherDomain.body['error']?.['message']).toMatch(/updateDomains, held by install-/);
    const paired = await install(ONE, ORDER, '?ifBusy=fail');
    expect(paired.body['error']?.['message']).toMatch(/geoPair, held by install-/);
  });

  it('INV-7: of two orders for one VM at once the second waits while the first has the share of its subscription, and finds nothing left', async () => {
    const first = await install(ONE, ORDER);
    const second = await install(ONE, ORDER);
    await api.pass(5);
    expect(await api.finish(first)).toMatchObject({ status: 'Succeeded' });
    const counts = ((await api.finish(second))['properties']?.['output'] ?? {}) as unknown;
    expect(counts).toMatchObject({ status: 'Succeeded', installedPatchCount: 0 });
    expect((await assess(ONE))['criticalAndSecurityPatchCount']).toBe(0);
  });

  it.each([
    ['without rebootSetting', { maximumDuration: 'PT2H' }, 'rebootSetting'],
    ['without maximumDuration', { rebootSetting: 'Never' }, 'maximumDuration'],
    ['with a duration that is none', { ...ORDER, maximumDuration: 'two hours' }, 'maximumDuration'],
    ['with a duration that is too long', { ...ORDER, maximumDuration: 'PT5H' }, 'maximumDuration'],
    ['with a rebootSetting that is none', { ...ORDER, rebootSetting: 'Perhaps' }, 'rebootSetting'],
    ['with the parameters of another OS', { ...LINUX_ORDER }, 'linuxParameters'],
    [
      'with a classification that is none',
      { ...ORDER, windowsParameters: { classificationsToInclude: ['Nice'] } },
      'windowsParameters.classificationsToInclude',
    ],
    [
      'with a date that is none',
      { ...ORDER, windowsParameters: { maxPatchPublishDate: 'soon' } },
      'windowsParameters.maxPatchPublishDate',
    ],
  ])('is refused at once %s', async (_what, order, target) => {
    expect(await install(ONE, order)).toMatchObject({
      status: 400,
      body: { error: { code: 'InvalidParameter', target } },
    });
  });

  it('R-505: does not exist in 2020-06-01', async () => {
    expect((await install(ONE, ORDER, '?api-version=2020-06-01')).status).toBe(400);
  });
});
