import { anApi, type Api } from '../armApi/api';
import { apiMonth, MONTH_VM } from './apiMonth';

const named = (name: string): string => MONTH_VM.replace('e2e-lone', name);

interface Explained {
  readonly state: string;
  readonly sentence: string;
  readonly holds: readonly {
    readonly reason: string;
    readonly sinceUtc: string | null;
    readonly unblocks: { readonly by: string };
  }[];
  readonly start: {
    readonly earliestUtc: string;
    readonly expectedUtc: string | null;
    readonly latestUtc: string;
  } | null;
  readonly place: { readonly phase: string } | null;
  readonly deadlineUtc: string;
  readonly endsUtc: string;
  readonly platform?: { readonly answer: string; readonly signals: { readonly powerState: string } };
  readonly patches:
    | readonly {
        readonly kbId: string | null;
        readonly name: string;
        readonly version: string;
        readonly state: string;
      }[]
    | null;
  readonly evidence: { readonly healthyCount: number } | null;
  readonly outcome: {
    readonly kind: string;
    readonly atUtc: string;
    readonly installation: { readonly installedPatchCount: number };
  } | null;
}

describe('what an operator asks during a month', () => {
  let api: Api;
  const get = async <T>(path: string): Promise<T> => {
    const { status, body } = await api.send('GET', path);
    expect([path, status]).toEqual([path, 200]);
    return body as unknown as T;
  };
  const why = (name: string): Promise<Explained> => get(`/api/explain?id=${named(name)}`);

  beforeAll(async () => {
    api = await apiMonth(anApi, 0);
    await api.pass(1);
  });
  afterAll(() => api.close());

  it('when is it next? Before its turn: place, earliest, expected and latest start, deadline, and nothing that holds it', async () => {
    const { state, holds, start, place, deadlineUtc, endsUtc } = await why('e2e-lone');
    expect([state, holds, deadlineUtc]).toEqual(['waiting', [], '2026-12-10T18:00:00.000Z']);
    expect(place?.phase).toMatch(/^phase-\d$/);
    const { earliestUtc = '', expectedUtc = '', latestUtc = '' } = start ?? {};
    expect(earliestUtc <= (expectedUtc ?? '') && (expectedUtc ?? '') <= latestUtc).toBe(true);
    expect([earliestUtc >= api.host.nowUtc(), latestUtc < endsUtc]).toEqual([true, true]);
    expect(endsUtc).toBe('2026-12-08T18:00:00.000Z'); // the next release
  });

  it('why does it take no part? The rule that keeps it out, and what would let it in', async () => {
    expect(await why('e2e-manual')).toMatchObject({
      state: 'notTakingPart',
      holds: [
        { reason: 'patchModeNotPlatform', unblocks: { by: 'owner' } },
        { reason: 'automaticUpdatesOff' },
        { reason: 'notEnabled' },
      ],
      start: null,
    });
    expect((await why('e2e-excluded')).holds.map(({ reason }) => reason)).toEqual(['excluded']);
  });

  it('a freeze, an exclusion and a pause are all named, each with since when, and the earliest start is after the freeze', async () => {
    const about = { selector: { vm: named('e2e-lone') }, reason: 'r', owner: 'o' };
    await api.send('PUT', '/api/freezes/f', {
      ...about,
      from: '2026-11-10T00:00:00Z',
      to: '2026-11-20T00:00:00Z',
    });
    await api.send('PUT', '/api/exclusions/e', {
      ...about,
      from: '2026-11-10T00:00:00Z',
      to: '2026-11-18T00:00:00Z',
    });
    const pausedUtc = api.host.nowUtc();
    await api.send('POST', '/api/rollouts/rollout-2026-11/pause', { reason: 'Lunch.' });
    const { state, holds, start } = await why('e2e-lone');
    expect([state, holds.map(({ reason, sinceUtc }) => [reason, sinceUtc])]).toEqual([
      'held',
      [
        ['rolloutPaused', pausedUtc],
        ['excludedForNow', '2026-11-10T00:00:00.000Z'],
        ['frozen', '2026-11-10T00:00:00.000Z'],
      ],
    ]);
    expect((start?.earliestUtc ?? '') >= '2026-11-20T00:00:00.000Z').toBe(true);
    expect(start?.expectedUtc).toBeNull(); // it waits for a person
    const forecast = await get<{ counts: Record<string, number> }>('/api/forecast');
    expect(forecast.counts).toMatchObject({ excluded: 1, notTakingPart: 2, onTime: 0 });
    await api.send('POST', '/api/rollouts/rollout-2026-11/resume', { reason: 'Back.' });
    await api.send('DELETE', '/api/freezes/f');
    await api.send('DELETE', '/api/exclusions/e');
  });

  it('which VMs miss the 30 days? At first none; as of a day to come, what is expected by then is done', async () => {
    const { counts } = await get<{ counts: Record<string, number> }>('/api/forecast');
    expect(counts).toEqual({ done: 0, onTime: 6, atRisk: 0, late: 0, excluded: 0, notTakingPart: 2 });
    const later = await get<{ counts: Record<string, number> }>('/api/forecast?asOf=2026-12-01');
    expect(later.counts).toMatchObject({ done: 6, onTime: 0 });
  });

  it('after some days: what was patched says when and how much, what was off says so, and the forecast counts both', async () => {
    await api.pass(4 * 24 * 60);
    const lone = await why('e2e-lone');
    expect([lone.state, lone.outcome?.kind]).toEqual(['done', 'patched']);
    expect(lone.outcome?.installation.installedPatchCount).toBeGreaterThan(0);
    const installed = (lone.patches ?? []).filter(({ state }) => state === 'Installed');
    expect(installed).toHaveLength(lone.outcome?.installation.installedPatchCount ?? 0);
    expect(
      installed.every(({ kbId, name, version }) => kbId !== null || (name !== '' && version !== '')),
    ).toBe(true);
    expect(lone.evidence?.healthyCount).toBeGreaterThan(0);
    const off = await why('e2e-off');
    expect([off.state, off.holds.map(({ reason, unblocks }) => [reason, unblocks.by])]).toEqual([
      'held',
      [['poweredOff', 'owner']],
    ]);
    const live = await get<Explained>(`/api/explain?id=${named('e2e-off')}&live=true`);
    expect(live.holds.map(({ reason }) => reason)).toEqual(['poweredOff']);
    expect(live.platform).toMatchObject({ answer: 'stopped', signals: { powerState: 'deallocated' } });
    expect(off).not.toHaveProperty('platform');
    const forecast = await get<{
      counts: Record<string, number>;
      groups: { name: string; counts: Record<string, number> }[];
      value: { vmId: string; state: string; why: string }[];
    }>('/api/forecast?by=tag:lowtide-power&state=atRisk');
    expect(forecast.counts).toMatchObject({ done: 5, atRisk: 1, notTakingPart: 2 });
    expect(forecast.groups.map(({ name, counts }) => [name, counts['done']])).toEqual([
      ['alwaysOn', 5],
      ['none', 0],
    ]);
    expect(forecast.value).toMatchObject([
      { vmId: named('e2e-off').toLowerCase(), why: expect.stringContaining('poweredOff') as string },
    ]);
  });

  it('which VMs are there? A page is filtered, sorted and counted by the server, and its link leads to the rest', async () => {
    interface Page {
      total: number;
      value: Record<string, unknown>[];
      groups?: unknown;
      nextLink?: string;
    }
    const first = await get<Page>('/api/fleet?region=westeurope&sort=-name&limit=2&group=kind');
    expect([first.total, first.value.map(({ name }) => name)]).toEqual([5, ['e2e-set-2', 'e2e-set-1']]);
    expect(first.groups).toEqual([
      { name: 'upToDate', count: 2 },
      { name: 'deferred', count: 1 },
      { name: 'patched', count: 1 },
      { name: 'skipped', count: 1 },
    ]);
    const second = await get<Page>(first.nextLink ?? '');
    expect(second.value.map(({ name }) => name)).toEqual(['e2e-off', 'e2e-manual']);
    const search = await get<Page>('/api/fleet?search=ZONAL&takesPart=true&kind=patched');
    expect(search.total).toBe(2);
    expect((await api.send('GET', '/api/fleet?sort=colour')).status).toBe(400);
    expect((await api.send('GET', '/api/fleet?limit=1000000')).status).toBe(400);
  });

  it('a spreadsheet gets the same rows as CSV, with the next page in the Link header', async () => {
    const { headers, body } = await api.send('GET', '/api/fleet?format=csv&limit=3&sort=name');
    const lines = (body as unknown as string).trimEnd().split('\r\n');
    expect([headers['content-type'], lines.length, lines[0]?.slice(0, 10)]).toEqual([
      'text/csv; charset=utf-8',
      4,
      'vmId,name,',
    ]);
    expect(headers['link']).toContain('after=3');
  });
});
