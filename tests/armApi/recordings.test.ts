import { aVmBody, COMPUTE, SUB, type Json, type Reply } from './api';
import { aSimulatedAzure, type SimulatedAzure } from './simulatedAzure';
import {
  areAtHand,
  comparison,
  exchange,
  OLD_QUOTAS,
  OWN_EXTENSIONS,
  recorded,
  type KnownDifference,
} from './recordedExchanges';

/** What differs from the recordings, each with its reason. One that nothing needs any more fails the last test. */
const KNOWN: readonly KnownDifference[] = [
  OLD_QUOTAS,
  OWN_EXTENSIONS,
  [
    /^order:/,
    /vmId,hardwareProfile/,
    'recordings of 2020 order the members of a VM otherwise; ours are of 2024',
  ],
  [
    /output\.error|^body:error/,
    /^Azure without/,
    'assessments of early 2021 had no error member beside Succeeded',
  ],
  [
    /msrcSeverity/,
    /./,
    'a list has it when it has a Windows security patch: which patches there are differs',
  ],
  [
    /diskSizeGB/,
    /ours without/,
    'the simulated Azure has no disks, and adds nothing to what is written of them',
  ],
  [
    /authorization|capabilities/,
    /ours without/,
    'of a provider only what the documentation of patching asks for is returned',
  ],
];

const { differing, unneeded } = comparison(KNOWN);

const FILES = {
  create: '14-vm-put-201-create-list-delete',
  tags: '12-vm-put-tags-only-no-lro-header',
  power: '20-power-and-instance-views-2024',
  notFound: '71-errors-401-403-404',
  sets: '60-availability-sets-2024',
  provider: '31-provider-register-unregister-2023',
  unregistered: '74-errors-409-provider-not-registered-then-register',
  silent: '75-async-failed-agent-not-reporting-2023',
  nothing: '16-install-windows-2020-06-01-nothing-no-error-member',
} as const;

const EFFECTS = [
  { who: { namePattern: 'esm' }, what: 'needsUbuntuPro' },
  { who: { namePattern: 'silent' }, what: 'agentLost' },
];

if (!areAtHand)
  process.stderr.write('../shared/reference/azure-recordings is not at hand: nothing is compared.\n');

(areAtHand ? describe : describe.skip)('The simulated Azure answers as Azure was recorded', () => {
  let api: SimulatedAzure;
  beforeAll(async () => {
    api = await aSimulatedAzure(EFFECTS);
  });
  afterAll(() => api.close());
  const at = (name: string): string => api.at(name);
  const call: SimulatedAzure['request'] = (...request) => api.request(...request);
  const get: SimulatedAzure['get'] = (...request) => api.get(...request);
  const follow: SimulatedAzure['follow'] = (...request) => api.follow(...request);
  /** The VM of a recorded answer, to be put here. */
  const bodyOf = (file: string, index: number): object => ({
    ...(exchange(file, index).responseBody as object),
    location: 'westus',
  });

  it('a VM is created: 201 with the resource and something to poll, whose end has no output (14)', async () => {
    const put = await call('PUT', at('javavm'), '2020-12-01', bodyOf(FILES.create, 0));
    expect(differing(FILES.create, 0, put)).toEqual([]);
    expect(differing(FILES.create, 1, await follow(put, 'azure-asyncoperation'))).toEqual([]);
    await api.finish(put);
    expect(differing(FILES.create, 4, await follow(put, 'azure-asyncoperation'))).toEqual([]);
    expect(differing(FILES.create, 5, await get(at('javavm'), '2020-12-01'))).toEqual([]);
  });

  it('a VM without an agent yet, one with a new one, and a PUT of tags that leaves nothing to poll (12)', async () => {
    const put = await call('PUT', at('new'), '2024-07-01', bodyOf(FILES.tags, 0));
    expect(differing(FILES.tags, 0, await get(`${at('new')}?$expand=instanceView`))).toEqual([]);
    expect(differing(FILES.tags, 2, await get(at('new')))).toEqual([]);
    await api.finish(put);
    const { body } = await get(at('new'));
    const tagged = await call('PUT', at('new'), '2024-07-01', { ...body, tags: { mytag: 'tagvalue1' } });
    expect(differing(FILES.tags, 3, tagged)).toEqual([]);
    expect(tagged.headers['etag']).toBe(exchange(FILES.tags, 3).responseHeaders['etag']);
    expect(differing(FILES.tags, 4, await get(`${at('new')}?$expand=instanceView`))).toEqual([]);
    await api.pass(2);
    expect(differing(FILES.tags, 5, await get(at('new')))).toEqual([]);
  });

  it('power actions end with 200 and nothing; a stopped VM says Ready, a deallocated one says nothing (20)', async () => {
    const file = FILES.power;
    await api.finish(await call('PUT', at('state'), '2024-07-01', bodyOf(file, 1)));
    await api.pass(2);
    const view = (): Promise<Reply> => get(`${at('state')}?$expand=instanceView`);
    expect(differing(file, 1, await view())).toEqual([]);
    for (const [action, index, after] of [
      ['powerOff?skipShutdown=false', 15, 19],
      ['start', 20, 23],
      ['restart', 24, 29],
      ['redeploy', 30, 38],
      ['deallocate', 39, 42],
    ] as const) {
      const reply = await call('POST', `${at('state')}/${action}`, '2024-07-01');
      expect(differing(file, index, reply)).toEqual([]);
      expect(differing(file, index + 1, await follow(reply, 'azure-asyncoperation'))).toEqual([]);
      await api.finish(reply);
      expect(differing(file, 41, await follow(reply, 'azure-asyncoperation'))).toEqual([]);
      expect(differing(file, 28, await follow(reply, 'location'))).toEqual([]);
      expect(differing(file, after, await view())).toEqual([]);
    }
  });

  it('a VM that is deallocated is changed and deleted, and then not found (20, 71)', async () => {
    const resized = {
      ...(await get(at('state'))).body,
      properties: { hardwareProfile: { vmSize: 'Standard_D4s_v3' } },
    };
    const put = await call('PUT', at('state'), '2024-07-01', resized);
    expect(differing(FILES.power, 44, put)).toEqual([]);
    await api.finish(put);
    const gone = await call('DELETE', at('state'), '2024-07-01');
    expect(differing(FILES.power, 48, gone)).toEqual([]);
    expect(differing(FILES.power, 49, await follow(gone, 'azure-asyncoperation'))).toEqual([]);
    await api.finish(gone);
    expect(differing(FILES.power, 50, await follow(gone, 'azure-asyncoperation'))).toEqual([]);
    expect(differing(FILES.notFound, 2, await get(at('state')))).toEqual([]);
    expect(differing(FILES.notFound, 4, await get(`${SUB}/resourceGroups/none`))).toEqual([]);
  });

  it('an empty list is a list and nothing else; a list by subscription writes groups in capitals (23, 24)', async () => {
    const other = `${SUB}/resourceGroups/Empty`;
    await call('PUT', other, '2024-07-01', { location: 'westus' });
    expect(
      differing(FILES.power, 0, await get(`${other}/providers/Microsoft.Compute/virtualMachines`)),
    ).toEqual([]);
    const idsOf = ({ body }: Reply): string[] =>
      (body['value'] as unknown as { id: string }[]).map(({ id }) => id);
    const group = (id: string): string => id.split('/')[4] ?? '';
    expect(idsOf(await get(at('').slice(0, -1))).map(group)).toContain('myResourceGroup');
    const listed = await get(`${SUB}/providers/Microsoft.Compute/virtualMachines`, '2024-11-01');
    for (const { id } of (
      exchange('24-vm-list-by-subscription', 3).responseBody as { value: { id: string }[] }
    ).value)
      expect(group(id)).toBe(group(id).toUpperCase());
    for (const id of idsOf(listed)) expect(group(id)).toBe('MYRESOURCEGROUP');
  });

  it('availability sets are read, changed, listed and deleted at once (60)', async () => {
    const set = `${COMPUTE}/availabilitySets/availset-test`;
    const body = {
      location: 'westus',
      sku: { name: 'Aligned' },
      properties: { platformFaultDomainCount: 2 },
    };
    await call('PUT', set, '2024-07-01', { ...body, tags: {} });
    expect(differing(FILES.sets, 0, await get(set))).toEqual([]);
    expect(
      differing(FILES.sets, 4, await call('PUT', set, '2024-07-01', { ...body, tags: { test: 'success' } })),
    ).toEqual([]);
    expect(differing(FILES.sets, 5, await get(`${COMPUTE}/availabilitySets`))).toEqual([]);
    expect(differing(FILES.sets, 2, await call('DELETE', set, '2022-11-01'))).toEqual([]);
  });

  it('a provider that is not registered is 409, and registered at once (31, 74)', async () => {
    const other = SUB.replace('0001', '0009');
    await call('PUT', `${other}/resourceGroups/g`, '2024-07-01', { location: 'eastus' });
    const vm = `${other}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v`;
    expect(differing(FILES.unregistered, 0, await call('PUT', vm, '2024-07-01', aVmBody('Linux')))).toEqual(
      [],
    );
    const provider = `${other}/providers/Microsoft.Compute`;
    expect(differing(FILES.provider, 1, await call('POST', `${provider}/register`, '2022-09-01'))).toEqual(
      [],
    );
    expect(differing(FILES.provider, 2, await get(provider, '2022-09-01'))).toEqual([]);
  });

  describe('and patches as Azure does', () => {
    beforeAll(async () => {
      const tags = { 'lowtide-power': 'alwaysOn' };
      const linux = { provisionVMAgent: true, patchSettings: { patchMode: 'AutomaticByPlatform' } };
      await call(
        'PUT',
        at('windows'),
        '2024-07-01',
        aVmBody('Windows', { ...linux, enableAutomaticUpdates: true }, { tags }),
      );
      for (const name of ['linux', 'esm', 'silent'])
        await call('PUT', at(name), '2024-07-01', aVmBody('Linux', linux, { tags }));
      await api.host.runUntil('2026-11-13T17:00:00.000Z');
    });

    const VERSION = /\d{4}-\d\d-\d\d/;
    /** Sends the recorded POST, and holds its answer, polls, end and result against the recorded ones. */
    async function patchAlike(file: string, action: string, order?: unknown): Promise<Json> {
      const start = recorded(file).findIndex(({ method }) => method === 'POST');
      const written = VERSION.exec(/api-version=[^&]+/.exec(exchange(file, start).url)?.[0] ?? '')?.[0] ?? '';
      const version = action.endsWith('installPatches') && written < '2020-12-01' ? '2020-12-01' : written;
      const reply = await call('POST', action, version, order);
      expect(reply.headers).not.toHaveProperty('retry-after');
      expect(differing(file, start, reply)).toEqual([]);
      expect(differing(file, start + 1, await follow(reply, 'azure-asyncoperation'))).toEqual([]);
      await api.finish(reply);
      const ended = await follow(reply, 'azure-asyncoperation');
      expect(differing(file, -2, ended)).toEqual([]);
      const result = await follow(reply, 'location');
      expect(differing(file, -1, result)).toEqual([]);
      expect(ended.body['properties']?.['output']).toEqual(result.body);
      return result.body;
    }
    const statesOf = (result: Json): string[] =>
      (result['patches'] as unknown as { installationState: string }[]).map(
        (patch) => patch.installationState,
      );
    const order = { maximumDuration: 'PT4H', rebootSetting: 'IfRequired' };
    const important = { classificationsToInclude: ['Critical', 'Security'] };

    it.each([
      ['Windows', 'windows', '01-assess-windows-2020-06-01'],
      ['Windows', 'windows', '04-assess-windows-2020-12-01'],
      ['Linux with ESM', 'esm', '02-assess-linux-2020-06-01'],
      ['Linux with ESM', 'esm', '03-assess-linux-2022-11-01'],
    ])('%s is assessed (%s, %s)', async (_what, name, file) => {
      expect(await patchAlike(file, `${at(name)}/assessPatches`)).toMatchObject({ status: 'Succeeded' });
    });

    it('patches that need Ubuntu Pro are counted, are Security-ESM, and stand beside Succeeded (03)', async () => {
      const found = await patchAlike('03-assess-linux-2022-11-01', `${at('esm')}/assessPatches`);
      expect(found).toMatchObject({
        status: 'Succeeded',
        error: { code: '1', details: [{ code: 'UA_ESM_REQUIRED' }] },
      });
      const patches = found['availablePatches'] as unknown as {
        classifications: string[];
        publishedDate: string;
      }[];
      expect(patches.some(({ classifications }) => classifications[0] === 'Security-ESM')).toBe(true);
      expect(new Set(patches.map(({ publishedDate }) => publishedDate))).toEqual(
        new Set(['0001-01-01T00:00:00+00:00']),
      );
    });

    it('what was published after maxPatchPublishDate is Excluded (09)', async () => {
      const windowsParameters = { ...important, maxPatchPublishDate: '2019-02-01T00:00:00Z' };
      const result = await patchAlike('09-install-windows-2024-07-01', `${at('windows')}/installPatches`, {
        ...order,
        windowsParameters,
        linuxParameters: {},
      });
      expect(new Set(statesOf(result))).toEqual(new Set(['Excluded']));
    });

    it.each([
      ['windows', '05-install-windows-2021-03-01', 'Installed', 'Success'],
      ['windows', '08-install-windows-2021-07-01-nothing-selected', 'NotSelected', 'Success'],
      ['linux', '06-install-linux-2021-03-01', 'Installed', '0'],
      ['linux', '07-install-linux-2020-06-01-nothing-to-install', 'NotSelected', '0'],
    ])(
      'installs on %s (%s): the first patch is %s, and the error beside Succeeded %s',
      async (name, file, state, code) => {
        const result = await patchAlike(file, `${at(name)}/installPatches`, {
          ...order,
          [`${name}Parameters`]: important,
        });
        expect([statesOf(result)[0], result['error']?.['code']]).toEqual([state, code]);
        // Of another VM to which nothing was to be installed there is the end alone.
        const last = { status: 200, headers: { 'content-type': '' }, body: result };
        const isOfAnother = state === 'NotSelected' && name === 'windows';
        expect(isOfAnother ? differing(FILES.nothing, -1, last) : []).toEqual([]);
      },
    );

    it('an agent that is silent for 25 minutes fails the operation, which is 200 with Failed (75)', async () => {
      const startMs = Date.parse(api.host.nowUtc());
      const reply = await call('POST', `${at('silent')}/assessPatches`, '2022-11-01');
      await api.finish(reply);
      const minutes = (Date.parse(api.host.nowUtc()) - startMs) / 60_000;
      expect([minutes >= 25, minutes <= 27]).toEqual([true, true]);
      const ended = await follow(reply, 'azure-asyncoperation');
      expect(differing(FILES.silent, 6, ended)).toEqual([]);
      expect(ended.body['error']?.['code']).toBe('VMAgentStatusCommunicationError');
    });
  });

  it('every difference that is known is still there', () => {
    expect(unneeded()).toEqual([]);
  });
});
