import { armTime } from '../../armApi/http/armTime';
import { aVmBody, type Json, type Reply } from './api';
import { aSimulatedAzure, type SimulatedAzure } from './simulatedAzure';

const EFFECTS = [
  { who: { namePattern: 'closing' }, what: 'closingAssessmentFails' },
  { who: { namePattern: 'evicted' }, what: 'requestsFail', failure: 'entityNotFound404' },
];
const PLATFORM = { provisionVMAgent: true, patchSettings: { patchMode: 'AutomaticByPlatform' } };
const VERSION = '2024-07-01';
const important = { classificationsToInclude: ['Critical', 'Security'] };
const order = (os: 'linux' | 'windows'): object => ({
  maximumDuration: 'PT2H',
  rebootSetting: 'IfRequired',
  [`${os}Parameters`]: important,
});
const minutesBetween = (from: unknown, to: unknown): number =>
  (Date.parse(String(to)) - Date.parse(String(from))) / 60_000;

/** Facts of ../shared/reference/azure-recordings/README.md, by number, that no recording is held against as a whole; `factsHeld` lists all 40. */
describe('facts that were read off recordings of Azure', () => {
  let api: SimulatedAzure;
  beforeAll(async () => {
    api = await aSimulatedAzure(EFFECTS);
    const tags = { 'lowtide-power': 'alwaysOn' };
    for (const name of ['linux', 'closing'])
      await api.request('PUT', api.at(name), VERSION, aVmBody('Linux', PLATFORM, { tags }));
    await api.request('PUT', api.at('guest'), VERSION, aVmBody('Windows', {}, { tags }));
    await api.request('PUT', api.at('image'), VERSION, aVmBody('Linux', {}, { tags }));
    await api.host.runUntil('2026-11-13T17:00:00.000Z');
  });
  afterAll(() => api.close());
  const act = (name: string, action: string, body?: unknown): Promise<Reply> =>
    api.request('POST', `${api.at(name)}/${action}`, VERSION, body);
  const ended = async (reply: Reply): Promise<Json> => {
    await api.finish(reply);
    return (await api.follow(reply)).body;
  };
  const view = async (name: string): Promise<Json> => (await api.get(`${api.at(name)}/instanceView`)).body;

  it.each([
    ['assessPatches', 'assessmentActivityId', 'availablePatchSummary'],
    ['installPatches', 'installationActivityId', 'lastPatchInstallationSummary'],
  ])(
    'fact 4: of %s the request, the operation and the activity have one id, in its answers and on the VM',
    async (action, member, summary) => {
      const reply = await act('linux', action, order('linux'));
      const id = reply.headers['x-ms-request-id'];
      expect(reply.headers['location']).toContain(`/operations/${id ?? 'none'}?`);
      const { name, properties } = await ended(reply);
      expect([name, properties?.['output']?.[member]]).toEqual([id, id]);
      expect((await view('linux'))['patchStatus']?.[summary]?.[member]).toBe(id);
    },
  );

  it('facts 3, 6 and 19: polls have no Retry-After, count against a quota of their own, and the two links have signatures of their own', async () => {
    const reply = await act('image', 'assessPatches');
    const polls = [await api.follow(reply), await api.follow(reply, 'location')];
    for (const { headers } of [reply, ...polls]) expect(headers).not.toHaveProperty('retry-after');
    expect(polls.map(({ headers }) => headers['x-ms-ratelimit-remaining-resource'])).toEqual(
      [44, 43].map((left) => expect.stringContaining(`GetOperationResource;${left}`) as string),
    );
    const signatures = [reply.headers['azure-asyncoperation'], reply.headers['location']].map((link) =>
      new URL(link ?? '').searchParams.get('s'),
    );
    expect(new Set(signatures).size).toBe(2);
    await api.finish(reply);
  });

  it('fact 8: a VM is changed while an operation of another kind runs on it', async () => {
    const assessing = await act('linux', 'assessPatches');
    const changed = await api.request('PATCH', api.at('linux'), VERSION, { tags: { a: 'b' } });
    expect([assessing.status, changed.status]).toEqual([202, 200]);
    expect((await ended(assessing))['status']).toBe('Succeeded');
  });

  it('fact 9: times have an offset, and as many digits as they need', () => {
    expect(armTime('2026-11-02T09:52:07.000Z')).toBe('2026-11-02T09:52:07+00:00');
    const digits = (ms: number): number =>
      (/\.(\d*[1-9])\+00:00$/.exec(armTime(new Date(ms).toISOString()))?.[1] ?? '').length;
    const found = new Set(Array.from({ length: 5_000 }, (_, ms) => digits(ms)));
    expect([Math.min(...found), Math.max(...found)]).toEqual([0, 7]);
  });

  it.each([
    ['guest', 'windows', 'AutomaticByOS'],
    ['image', 'linux', 'ImageDefault'],
  ] as const)(
    'facts 10, 14, 15 and 17: %s is assessed and installed in whatever mode it is in (%s, %s)',
    async (name, os, mode) => {
      const { body } = await api.get(api.at(name));
      const settings = body['properties']?.['osProfile']?.[`${os}Configuration`]?.['patchSettings'];
      expect(settings?.['patchMode']).toBe(mode);
      const assessment = (await ended(await act(name, 'assessPatches')))['properties']?.['output'];
      const available = assessment?.['availablePatches'] as unknown as readonly object[];
      const [own, other] = os === 'windows' ? ['kbId', 'version'] : ['version', 'kbId'];
      expect(available.length).toBeGreaterThan(0);
      for (const patch of available) expect(patch).not.toHaveProperty(other);
      expect(available.some((patch) => own in patch)).toBe(true);
      const first = await ended(await act(name, 'installPatches', order(os)));
      expect(first['properties']?.['output']).toMatchObject({ status: 'Succeeded', failedPatchCount: 0 });
      expect((await view(name))['extensions']).toBeDefined();
      const { startTime, endTime, properties } = await ended(await act(name, 'installPatches', order(os)));
      expect(properties?.['output']).toMatchObject({
        status: 'Succeeded',
        installedPatchCount: 0,
        rebootStatus: 'NotNeeded',
      });
      expect(minutesBetween(startTime, endTime)).toBeGreaterThan(0.4);
      expect(minutesBetween(startTime, properties?.['output']?.['startDateTime'])).toBeGreaterThanOrEqual(0);
    },
  );

  it('an installation whose closing assessment fails is Failed, although its patches are in', async () => {
    const { status, properties } = await ended(await act('closing', 'installPatches', order('linux')));
    const output = properties?.['output'];
    expect([status, output?.['status'], output?.['error']?.['code']]).toEqual([
      'Succeeded',
      'Failed',
      'PatchAssessmentFailed',
    ]);
    expect(output?.['installedPatchCount']).toBeGreaterThan(0);
    const patchStatus = (await view('closing'))['patchStatus'];
    expect(patchStatus?.['lastPatchInstallationSummary']?.['status']).toBe('Failed');
  });

  it('facts 21 and 22: Azure writes settings into a VM that no request sent, and they may be sent back in any mode', async () => {
    const path = api.at('written');
    const windows = { ...PLATFORM, enableAutomaticUpdates: true };
    const { body } = await api.request('PUT', path, VERSION, aVmBody('Windows', windows));
    const configuration = body['properties']?.['osProfile']?.['windowsConfiguration'];
    expect(configuration?.['patchSettings']).toEqual({
      patchMode: 'AutomaticByPlatform',
      automaticByPlatformSettings: { bypassPlatformSafetyChecksOnUserSchedule: false },
      assessmentMode: 'ImageDefault',
    });
    const linux = (await api.get(api.at('linux'))).body['properties']?.['osProfile']?.['linuxConfiguration'];
    expect(linux?.['patchSettings']).not.toHaveProperty('automaticByPlatformSettings');
    const older = (await api.get(path, '2022-03-01')).body['properties']?.['osProfile'];
    expect(older?.['windowsConfiguration']?.['patchSettings']).toEqual({
      patchMode: 'AutomaticByPlatform',
      assessmentMode: 'ImageDefault',
    });
    const patchSettings = { ...configuration?.['patchSettings'], patchMode: 'AutomaticByOS' };
    const back = aVmBody('Windows', { ...configuration, patchSettings });
    const left = await api.request('PUT', path, VERSION, back);
    const after = left.body['properties']?.['osProfile']?.['windowsConfiguration']?.['patchSettings'];
    expect([left.status, after]).toEqual([
      200,
      { patchMode: 'AutomaticByOS', assessmentMode: 'ImageDefault' },
    ]);
  });

  it('fact 32: what ARM knows and Compute does not is 404 NotFound, not of the gateway', async () => {
    await api.request('PUT', api.at('evicted'), VERSION, aVmBody('Linux'));
    const { status, body, headers } = await api.get(api.at('evicted'));
    expect([status, body]).toEqual([
      404,
      { error: { code: 'NotFound', message: 'The entity was not found in this Azure location.' } },
    ]);
    expect(headers).not.toHaveProperty('x-ms-failure-cause');
  });

  it('fact 37: what is left of the subscription’s reads and writes is said', async () => {
    const { headers } = await api.request('PATCH', api.at('linux'), VERSION, { tags: { a: 'c' } });
    const left = 'x-ms-ratelimit-remaining-subscription';
    expect([headers[`${left}-writes`], headers[`${left}-global-writes`]]).toEqual(['199', '2999']);
  });
});
