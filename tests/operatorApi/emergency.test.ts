import { runCli } from '../../cli/program';
import { Policy } from '../../domain/policy';
import type { DriverEvent } from '../../drivers/driver';
import { auditEvents } from '../../local/auditEvents';
import { auditRollouts, rolloutsOf, trailOf } from '../../local/reportedRollouts';
import { aVm } from '../support/builders';
import { idOf, steeredMonth, type SteeredMonth } from './steeredMonth';

const VMS = ['northeurope', 'eastus'].flatMap((region) =>
  [1, 2, 3, 4].map((n) => ({
    name: `${region}-${n}`,
    region,
    // What is off waits for its second chance: the month stays open.
    tags: n < 4 ? { tier: 'web' } : { 'lowtide-power': 'parked' },
  })),
);
const WEB = VMS.filter(({ tags }) => 'tier' in tags).map(({ name }) => name);
const POLICY = { phasesMin: 1 };
const ID = 'rollout-2026-11-e1';
const MONTHLY = 'rollout-2026-11';

interface Missing {
  readonly vmId: string;
  readonly name: string;
}

/** An operator reads of a hole in a package while the month is under way. */
describe('a CVE now: an emergency rollout beside the month', () => {
  let month: SteeredMonth;
  let found = '';
  const lowtide = async (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
    let [out, err] = ['', ''];
    const write = jest
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => Boolean((out += String(text))));
    const error = jest
      .spyOn(process.stderr, 'write')
      .mockImplementation((text) => Boolean((err += String(text))));
    try {
      return { code: await runCli([...args, '--url', month.api.host.baseUrl]), out, err };
    } finally {
      write.mockRestore();
      error.mockRestore();
    }
  };
  const asked = (...more: readonly string[]): readonly string[] => [
    ...['emergency', '--package', found, '--tag', 'tier=web', '--reason', 'CVE-2026-1234'],
    ...['--hours', '00:00-00:00', '--bake', 'PT30M', ...more],
  ];
  const events = async (): Promise<readonly DriverEvent[]> =>
    (await month.get('/api/simulated/events'))['value'] as DriverEvent[];
  const installs = async (rolloutId: string): Promise<readonly DriverEvent[]> =>
    (await events()).filter(
      ({ action, ...event }) => action === 'installStarted' && event.rolloutId === rolloutId,
    );

  beforeAll(async () => {
    month = await steeredMonth(VMS, POLICY, { port: 0 });
    let value: readonly Missing[] = [];
    for (let days = 0; days < 12 && value.length === 0; days += 1) {
      await month.days(1);
      const answer = await month.get('/api/compliance/missing?tag=tier%3Dweb&state=missing');
      value = (answer['value'] as Missing[]).filter(() => days > 3);
    }
    const vmsOf = new Map<string, Set<string>>();
    for (const { name, vmId } of value) vmsOf.set(name, (vmsOf.get(name) ?? new Set()).add(vmId));
    [found = ''] = [...vmsOf].sort(([, a], [, b]) => b.size - a.size)[0] ?? [];
  });
  afterAll(() => month.api.close());

  it('its dates come before it is confirmed, and nothing is started by looking', async () => {
    const { code, out, err } = await lowtide(...asked('--dry-run'));
    expect([code, err + out]).toEqual([0, expect.stringContaining(`${ID}, ends `)]);
    expect(out).toContain(`beside ${MONTHLY}`);
    expect(out).toMatch(/^[1-6] of 6 assessed VMs lack its patches/m);
    expect(out).toMatch(/6 VMs; half done .*2026/);
    const unconfirmed = await lowtide(...asked());
    expect([unconfirmed.code, unconfirmed.err]).toEqual([
      1,
      expect.stringContaining(`emergency ${ID} was not confirmed`),
    ]);
    expect((await lowtide('rollouts')).out).not.toContain(ID);
    const body = { kind: 'emergency', reason: 'r', patches: { packages: [found] } };
    const blind = await month.api.send('POST', '/api/rollouts', body);
    expect([blind.status, blind.body['detail']]).toEqual([400, expect.stringContaining('dryRun')]);
  });

  it('waits for an approver, beside the month, which goes on', async () => {
    const started = await lowtide(...asked('--yes'));
    expect([started.code, started.err + started.out]).toEqual([
      0,
      expect.stringContaining(`${ID} is started, and waits for an approver`),
    ]);
    expect((await lowtide(...asked('--yes'))).code).toBe(1); // twice is once
    await month.days(0.2);
    expect(await installs(ID)).toEqual([]);
    expect(await month.get(`/api/rollouts/${ID}`)).toMatchObject({
      kind: 'emergency',
      state: 'running',
      vmCount: WEB.length,
      approvals: [{ phase: 'phase-1', state: 'pending' }],
    });
    expect((await month.get('/api/forecast'))['rolloutId']).toBe(MONTHLY);
    expect((await lowtide('rollouts', 'show')).out).toContain(MONTHLY);
    expect((await month.get(`/api/explain?id=${idOf('eastus-4')}&rollout=${ID}`))['sentence']).toContain(
      'tag tier=web',
    );
    expect((await month.get(`/api/explain?id=${idOf('eastus-1')}&rollout=${ID}`))['holds']).toMatchObject([
      { reason: 'approvalPending' },
    ]);
  });

  it('approved, it installs its packages alone, on its VMs alone, canary first and in hours that were asked for', async () => {
    const approved = await lowtide('rollouts', 'approve', ID, '--reason', 'Seen the exploit.', '--yes');
    expect(approved.code).toBe(0);
    await month.days(1.5);
    const { state, outcomes, phases } = (await month.get(`/api/rollouts/${ID}`)) as {
      state: string;
      outcomes: Record<string, number>;
      phases: { startedUtc: string; endedUtc: string }[];
    };
    expect(state).toBe('ended');
    const { patched = 0, upToDate = 0 } = outcomes;
    expect(patched).toBeGreaterThan(0);
    expect(patched + upToDate).toBe(WEB.length);
    const names = (await installs(ID)).map(({ vm }) => vm.split('/').at(-1));
    expect(WEB).toEqual(expect.arrayContaining(names));
    const operations = new Set((await installs(ID)).map(({ operationId }) => operationId));
    const patches = (await events()).filter(
      ({ action, operationId }) => action === 'patchInstalled' && operations.has(operationId),
    );
    expect(patches.length).toBeGreaterThan(0);
    for (const { patchId } of patches) expect(String(patchId)).toMatch(new RegExp(`^${found}_`));
    const [first, second] = phases;
    const bakedMs = Date.parse(second?.startedUtc ?? '') - Date.parse(first?.endedUtc ?? '');
    expect(bakedMs).toBeGreaterThanOrEqual(3_600_000); // the canary's bake
    expect(bakedMs).toBeLessThan(3 * 3_600_000);
  });

  it('the month ends as it would have, and the auditor takes both; unapproved, elsewhere or in other hours it would not', async () => {
    await month.days(24);
    expect(await month.get(`/api/rollouts/${MONTHLY}`)).toMatchObject({ state: 'ended' });
    const vms = VMS.map(({ name, region, tags }) => ({
      ...aVm({ name, region, tags: { ...tags } }),
      id: idOf(name),
    }));
    const reported = await rolloutsOf(month.api.host);
    const trail = await trailOf(month.api.host, reported);
    const log = await events();
    const judged = (
      change: Partial<(typeof reported)[number]['emergency'] & object>,
      rows = trail,
    ): string[] => {
      const rollouts = reported.map((one) => ({
        ...one,
        emergency: one.emergency ? { ...one.emergency, ...change } : null,
      }));
      const report = auditEvents(log, { vms }, Policy.parse(POLICY), {
        ...auditRollouts(rollouts),
        trail: rows,
      });
      return [...new Set(report.violations.map(({ invariant }) => invariant))];
    };
    expect(judged({})).toEqual([]);
    expect(judged({ hours: { opens: '03:00', closes: '03:01' } })).toContain('INV-4');
    expect(judged({ selector: { tag: 'tier=db' } })).toContain('INV-17');
    expect(
      judged(
        {},
        trail.filter(({ what }) => what !== 'approved'),
      ),
    ).toContain('INV-6');
  });
});
