import { auditEvents } from '../../local/auditEvents';
import { auditRollouts, rolloutsOf } from '../../local/reportedRollouts';
import { Policy } from '../../domain/policy';
import type { DriverEvent } from '../../drivers/driver';
import { aVm } from '../support/builders';
import { idOf, steeredMonth, type SteeredMonth } from './steeredMonth';

const VMS = ['northeurope', 'westeurope', 'eastus'].flatMap((region) =>
  [1, 2, 3].map((n) => ({ name: `${region}-${n}`, region, ...(n === 1 && { tags: { ring: 'ours' } }) })),
);
const rings = [{ name: 'ours', selector: { tag: 'ring=ours' } }];
const POLICY = { rings, approvals: [{ before: { ring: 'ours' } }], phasesMin: 1 };

describe('a month with a ring of its own first', () => {
  let month: SteeredMonth;
  beforeAll(async () => {
    month = await steeredMonth(VMS, POLICY);
  });
  afterAll(() => month.api.close());

  it('the ring is the first phase, also in preview and rollout, and may want an approval of its own', async () => {
    const preview = await month.get('/api/preview');
    const { phases, approvals } = (await month.get('/api/rollouts/rollout-2026-11')) as {
      phases: { phase: string; ring: string | null }[];
      approvals: unknown[];
    };
    expect(phases.slice(0, 2).map(({ ring }) => ring)).toEqual(['ours', 'ours']);
    expect((preview['phases'] as { ring: string | null }[]).slice(0, 3).map(({ ring }) => ring)).toEqual([
      'ours',
      'ours',
      null,
    ]);
    expect(approvals).toMatchObject([{ phase: 'phase-1', state: 'pending', rule: 'before ring ours' }]);
    await month.api.send('POST', '/api/rollouts/rollout-2026-11/approve', { reason: 'Go.' });
  });

  it('its VMs go first, and the auditor finds each phase behind the gate of the one before', async () => {
    await month.days(16);
    const installs = await month.installs();
    const firstOf = (isOurs: boolean): string =>
      installs.find(({ name }) => name.endsWith('-1') === isOurs)?.at ?? '';
    const lastOurs = installs.filter(({ name }) => name.endsWith('-1')).at(-1)?.at ?? '';
    expect(new Set(installs.map(({ name }) => name)).size).toBe(VMS.length);
    expect(lastOurs < firstOf(false)).toBe(true);
    const events = (await month.get('/api/simulated/events'))['value'] as DriverEvent[];
    const vms = VMS.map(({ name, region, tags = {} }) => ({
      ...aVm({ name, region, tags }),
      id: idOf(name),
    }));
    const report = auditRollouts(await rolloutsOf(month.api.host));
    const judged = (given: object): string[] =>
      auditEvents(events, { vms }, Policy.parse(given), report)
        .violations.filter(({ invariant }) => invariant === 'INV-6')
        .map(({ detail }) => detail);
    expect(judged(POLICY)).toEqual([]);
    const everyOne = { ...POLICY, rings: [{ name: 'ours', selector: {} }] };
    expect(judged(everyOne)).toEqual([]); // all of the ring: none is too early
    expect(judged({ ...POLICY, rings: [] }).length).toBeGreaterThan(0); // of no ring, its VMs would have gone before their gate
  });

  it('why finds the place of a VM in each of the phases of its region', async () => {
    for (const [name, phases] of [
      ['eastus-1', /phase-[12]/],
      ['eastus-2', /phase-[3-9]/],
    ] as const)
      expect((await month.get(`/api/explain?id=${idOf(name)}`))['place']).toMatchObject({
        phase: expect.stringMatching(phases) as string,
      });
  });
});
