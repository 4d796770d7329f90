import { anApi, type Api } from '../armApi/api';
import { apiMonth } from './apiMonth';

interface Page<T> {
  readonly value: readonly T[];
  readonly nextLink?: string;
}
interface Outcome {
  readonly atUtc: string;
  readonly vmId: string;
  readonly name: string;
  readonly kind: string;
  readonly installedPatchCount: number | null;
}
interface Patch {
  readonly atUtc: string;
  readonly vmId: string;
  readonly kbId: string | null;
  readonly name: string;
  readonly version: string;
  readonly classification: string;
  readonly state: string;
}
interface Missing extends Omit<Patch, 'atUtc' | 'state'> {
  readonly vmName: string;
  readonly state: 'missing' | 'notAssessed';
  readonly assessedUtc: string | null;
}
interface Decision {
  readonly atUtc: string;
  readonly what: string;
  readonly who: string;
  readonly chain: string;
}

describe('what an auditor asks after some days of a rollout', () => {
  let api: Api;
  const get = async <T>(path: string): Promise<T> => {
    const { status, body } = await api.send('GET', path);
    expect([path, status]).toEqual([path, 200]);
    return body as unknown as T;
  };
  const all = async <T>(path: string): Promise<T[]> => {
    const rows: T[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const page: Page<T> = await get(next);
      rows.push(...page.value);
      next = page.nextLink;
    }
    return rows;
  };
  const isSorted = (rows: readonly { readonly atUtc: string }[]): boolean =>
    rows.every(({ atUtc }, n) => n === 0 || (rows[n - 1]?.atUtc ?? '') <= atUtc);

  beforeAll(async () => {
    api = await apiMonth(anApi, 5);
  });
  afterAll(() => api.close());

  it('every outcome is a row, in order of time, also page by page', async () => {
    const rows = await all<Outcome>('/api/compliance/outcomes');
    expect(isSorted(rows)).toBe(true);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(8);
    expect(await all('/api/compliance/outcomes?limit=3')).toEqual(rows);
  });

  it('outcomes are filtered by kind, region, tag and time', async () => {
    const rows = await all<Outcome>('/api/compliance/outcomes');
    const patched = rows.filter(({ kind }) => kind === 'patched');
    expect(await all('/api/compliance/outcomes?kind=patched')).toEqual(patched);
    const [since = '', until = ''] = [rows[2]?.atUtc, rows.at(-1)?.atUtc];
    expect(await all(`/api/compliance/outcomes?since=${since}&until=${until}`)).toEqual(
      rows.filter(({ atUtc }) => atUtc >= since && atUtc < until),
    );
    const tagged = await all<Outcome>('/api/compliance/outcomes?tag=lowtide-exclude=true');
    expect(tagged.map(({ name }) => name)).toEqual(['e2e-excluded']);
    expect(await all('/api/compliance/outcomes?region=mars')).toEqual([]);
  });

  it('what was installed is named by KB or package and version: as many as the outcome counts', async () => {
    const patches = await all<Patch>('/api/compliance/patches?state=Installed');
    expect(isSorted(patches)).toBe(true);
    for (const { vmId, atUtc, installedPatchCount } of await all<Outcome>(
      '/api/compliance/outcomes?kind=patched',
    ))
      expect(patches.filter((row) => row.vmId === vmId && row.atUtc === atUtc)).toHaveLength(
        installedPatchCount ?? 0,
      );
    expect(patches.length).toBeGreaterThan(0);
    expect(patches.every(({ classification }) => ['Critical', 'Security'].includes(classification))).toBe(
      true,
    );
  });

  it('which VMs lacked a patch on a day: those that had not installed it by then, and no other', async () => {
    const [one] = await all<Patch>('/api/compliance/patches?state=Installed');
    if (one === undefined) throw new Error('Nothing was installed.');
    const patch = encodeURIComponent(one.kbId === null ? one.name : `KB${one.kbId}`);
    const lacking = async (on: string): Promise<string[]> =>
      (await all<Missing>(`/api/compliance/missing?patch=${patch}&state=missing&on=${on}`))
        .filter(({ version }) => version === one.version)
        .map(({ vmId }) => vmId);
    const starts = await all<Decision>(`/api/compliance/decisions?what=installStarted&vm=${one.vmId}`);
    const [then, now] = [await lacking(starts[0]?.atUtc ?? ''), await lacking(api.host.nowUtc())];
    expect(then).toContain(one.vmId);
    expect(now).not.toContain(one.vmId);
    const installed = await all<Patch>(`/api/compliance/patches?patch=${patch}&state=Installed`);
    const done = new Set(installed.filter(({ version }) => version === one.version).map(({ vmId }) => vmId));
    expect(now.filter((vmId) => done.has(vmId))).toEqual([]);
  });

  it('a VM that was not assessed by then is named, not left out; and pages of one give the same', async () => {
    const early = await all<Missing>('/api/compliance/missing?on=2026-11-01&state=notAssessed');
    expect(early.map(({ vmName }) => vmName).sort()).toHaveLength(8);
    expect(early.every(({ assessedUtc }) => assessedUtc === null)).toBe(true);
    const rows = await all<Missing>('/api/compliance/missing');
    expect(await all('/api/compliance/missing?limit=1')).toEqual(rows);
  });

  it('who decided what: of all chains together, in order of time, filtered', async () => {
    await api.send('PUT', '/api/exclusions/lone', {
      from: '2026-12-20',
      to: '2027-01-02',
      reason: 'A move.',
      owner: 'o',
    });
    const rows = await all<Decision>('/api/compliance/decisions?limit=2');
    expect(isSorted(rows)).toBe(true);
    expect(new Set(rows.map(({ chain }) => chain))).toEqual(new Set(['operator', 'rollout-2026-11']));
    expect(rows.some(({ what }) => what.startsWith('install'))).toBe(false);
    expect((await all<Decision>('/api/compliance/decisions?what=excluded')).map(({ what }) => what)).toEqual([
      'excluded',
    ]);
    const installs = await all<Decision>('/api/compliance/decisions?what=installStarted');
    expect(installs.length).toBeGreaterThan(0);
    expect((await api.send('GET', '/api/compliance/decisions?after=%21')).status).toBe(400);
  });

  it('each is a table, too, with the next page in the Link header', async () => {
    const tableOf = async (path: string): Promise<{ link: string | undefined; lines: readonly string[] }> => {
      const { headers, body } = await api.send('GET', `/api/compliance/${path}?format=csv&limit=4`);
      const [head = '', ...lines] = (body as unknown as string).trimEnd().split('\r\n');
      expect([path, headers['content-type'], head.includes('vm')]).toEqual([
        path,
        'text/csv; charset=utf-8',
        true,
      ]);
      return { link: headers['link'], lines };
    };
    for (const path of ['outcomes', 'decisions']) {
      const { link, lines } = await tableOf(path);
      expect(lines).toHaveLength(4);
      expect(link).toContain(`/api/compliance/${path}?`);
    }
    expect((await tableOf('patches')).lines.length).toBeGreaterThan(0);
    await tableOf('missing');
    const { body } = await api.send('GET', '/api/exclusions?format=csv');
    expect(body as unknown as string).toContain('A move.');
  });
});
