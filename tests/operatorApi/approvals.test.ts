import { approve } from '../../operatorApi/approvals';
import type { WakingServices } from '../../activities/services';
import { LowtideError } from '../../domain/lowtideError';
import { idOf, steeredMonth, type SteeredMonth } from './steeredMonth';

const VMS = ['northeurope', 'eastus', 'japaneast'].flatMap((region) =>
  [1, 2, 3].map((n) => ({
    name: `${region}-${n}`,
    region,
    ...(n === 3 && { tags: { tier: 'db' } }),
  })),
);
const POLICY = {
  approvals: [
    { before: { phase: 2 }, validHours: 48 },
    { before: { phase: 3 }, validHours: 1 },
  ],
  ownWindows: [
    {
      name: 'weekend',
      selector: { tag: 'tier=db' },
      open: [
        { days: ['sat'], opens: '08:00', closes: '12:00' },
        { days: ['sat', 'sun'], opens: '14:00', closes: '20:00' },
      ],
    },
  ],
};

interface Needed {
  readonly phase: string;
  readonly state: string;
}

describe('a month with an approval after the canary and with windows of VMs of their own', () => {
  let month: SteeredMonth;
  const needed = async (): Promise<readonly Needed[]> =>
    (await month.get('/api/rollouts/rollout-2026-11'))['approvals'] as Needed[];
  const say = async (path: string, body: object): Promise<number> =>
    (await month.api.send('POST', `/api/rollouts/rollout-2026-11/${path}`, body)).status;
  interface Phase {
    readonly phase: string;
    readonly startedUtc: string | null;
    readonly regions: readonly string[];
    readonly expected: object | null;
  }
  const phaseOf = async (name: string): Promise<Phase> => {
    const { phases } = await month.get('/api/rollouts/rollout-2026-11');
    const found = (phases as readonly Phase[]).find(({ phase }) => phase === name);
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found;
  };
  const secondPhase = (): Promise<Phase> => phaseOf('phase-2');
  const datesOf = async (name: string): Promise<object | null> => (await phaseOf(name)).expected;
  beforeAll(async () => {
    month = await steeredMonth(VMS, POLICY);
    await month.days(6);
  });
  afterAll(() => month.api.close());

  it('the phase after the canary waits, and rollout, why and notices say for what', async () => {
    expect(await needed()).toMatchObject([
      { phase: 'phase-2', state: 'pending' },
      { phase: 'phase-3', state: 'pending' },
    ]);
    const { startedUtc, regions } = await secondPhase();
    expect(startedUtc).toBeNull();
    const why = await month.get(`/api/explain?id=${idOf(`${String(regions[0])}-1`)}`);
    expect(why['state']).toBe('held');
    expect(why['holds']).toMatchObject([
      {
        reason: 'approvalPending',
        detail: 'It waits for an approval before phase 2.',
        unblocks: { by: 'operator' },
      },
    ]);
    const rows = (await month.get('/api/rollouts/rollout-2026-11/audit'))['value'] as {
      what: string;
      subject: string;
    }[];
    expect(rows).toContainEqual(expect.objectContaining({ what: 'approvalNeeded', subject: 'phase-2' }));
    const installed = (await month.installs()).map(({ name }) => name.split('-')[0]);
    expect(new Set(installed).size).toBe(1);
  });

  it('an approver who rejects says why; it goes on waiting, and can be approved after all', async () => {
    expect(await say('reject', { reason: 'The canary is too small.' })).toBe(200);
    expect(await needed()).toMatchObject([
      { state: 'rejected', approval: { reason: 'The canary is too small.' } },
      { state: 'pending' },
    ]);
    expect(await say('reject', { reason: 'Again.', phase: 'phase-2' })).toBe(409);
    expect(await datesOf('phase-2')).toBeNull(); // they depend on a person
    const why = await month.get(`/api/explain?id=${idOf(`${String((await secondPhase()).regions[0])}-1`)}`);
    expect(JSON.stringify(why['holds'])).toContain('rejected it, The canary is too small.');
    const { value } = (await month.get('/api/rollouts/rollout-2026-11/audit')) as {
      value: { what: string; why: string }[];
    };
    expect(value.find(({ what }) => what === 'approvalRejected')?.why).toBe('The canary is too small.');
  });

  it('an approval lets it start; one that is withdrawn holds it again, and nothing new starts', async () => {
    expect(await say('withdraw', { reason: 'r', phase: 'phase-2' })).toBe(409);
    expect(await say('approve', { reason: 'The canary is well.' })).toBe(200);
    expect(await say('withdraw', { reason: 'I was wrong.', phase: 'phase-2' })).toBe(200);
    const before = (await month.installs()).length;
    await month.days(2);
    expect((await month.installs()).length).toBe(before);
    expect(await needed()).toMatchObject([{ state: 'withdrawn' }, { state: 'pending' }]);
    expect(await say('approve', { reason: 'It is well.', phase: 'phase-2' })).toBe(200);
    expect(await needed()).toMatchObject([{ state: 'used' }, { state: 'pending' }]);
    expect(await say('approve', { reason: 'Again.', phase: 'phase-2' })).toBe(409);
  });

  it('an approval that its phase has not used in time has lapsed: it waits for another, without dates', async () => {
    expect(await say('approve', { reason: 'In advance.', phase: 'phase-3' })).toBe(200);
    expect(await needed()).toMatchObject([{ state: 'used' }, { state: 'approved' }]);
    await month.days(6);
    expect(await needed()).toMatchObject([{ state: 'used' }, { phase: 'phase-3', state: 'lapsed' }]);
    const { regions } = await phaseOf('phase-3');
    const installed = (await month.installs()).filter(({ name }) => name.startsWith(String(regions[0])));
    expect([installed, await datesOf('phase-3')]).toEqual([[], null]);
    const why = await month.get(`/api/explain?id=${idOf(`${String(regions[0])}-1`)}`);
    expect(why).toMatchObject({ state: 'held', start: { expectedUtc: null } });
    expect(JSON.stringify(why['holds'])).toMatch(/an approval before phase 3: that of .* lapsed at 2026-11-/);
    expect(await say('approve', { reason: 'Now.' })).toBe(200); // the first that waits
    await month.days(1.5);
    expect(await needed()).toMatchObject([{ state: 'used' }, { state: 'used' }]);
  });

  it('INV-4: VMs with windows of their own are installed in them alone, also by why and by the plan', async () => {
    await month.days(13);
    const installs = await month.installs();
    expect(new Set(installs.map(({ name }) => name)).size).toBe(VMS.length);
    const own = installs.filter(({ name }) => name.endsWith('-3'));
    const zones = { northeurope: 'Europe/Dublin', eastus: 'America/New_York', japaneast: 'Asia/Tokyo' };
    for (const { name, at } of own) {
      const timeZone = zones[name.split('-')[0] as keyof typeof zones];
      const local = new Intl.DateTimeFormat('en', {
        timeZone,
        weekday: 'short',
        hour: '2-digit',
        hour12: false,
      }).format(new Date(at));
      expect(local).toMatch(/^(Sat, (08|09|10|14|15|16|17|18)|Sun, (14|15|16|17|18))$/);
    }
    expect(own.length).toBeGreaterThanOrEqual(3);
  });

  it('a policy that begins to ask for approvals does not stop a phase that has begun', async () => {
    await month.apply({ ...POLICY, approvals: [{ before: { phase: 1 } }, { before: { sharePercent: 50 } }] });
    await month.days(0.01);
    expect(await needed()).toMatchObject([
      { phase: 'phase-1', state: 'notNeeded' },
      { phase: 'phase-2', state: 'used' },
    ]);
  });

  it.each([
    ['ana', 'ana', 'oid-1', 'ben', 'oid-2'],
    [
      'ana@contoso.com (oid-1)',
      'ana_ext#EXT#@contoso.com (oid-1)',
      'tenant/oid-1',
      'ben (oid-11)',
      'tenant/oid-11',
    ],
    ['ana@contoso.com (oid-1)', 'Ana (oid-1)', 'tenant/oid-1', 'ana@contoso.com (oid-2)', 'tenant/oid-2'],
  ])(
    'whoever asked for the rollout does not approve it, whatever the token calls that person: %s, %s',
    async (requestedBy, own, ownId, other, otherId) => {
      const services = {
        policy: { approvals: [] },
        nowUtc: () => '2026-11-11T00:00:00.000Z',
        rollouts: { read: () => Promise.resolve({ requestedBy, endedUtc: null, mode: 'running' }) },
      } as unknown as WakingServices;
      const asked = (by: string, id: string): Promise<unknown> =>
        approve(services, 'rollout-2026-11' as never, undefined, { by, id, reason: 'r' }).catch(
          (error: unknown) => (error instanceof LowtideError ? error.code : error),
        );
      expect(await asked(own, ownId)).toBe('FORBIDDEN');
      expect(await asked(other, otherId)).toBe('NOTHING_TO_DECIDE'); // may; nothing waits
    },
  );
});
