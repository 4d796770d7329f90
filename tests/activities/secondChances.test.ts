import { collectSecondChances } from '../../activities/collectSecondChances';
import { planCatchUp } from '../../activities/planCatchUp';
import { saveOutcomes } from '../../activities/rollout/saveOutcomes';
import { subscriptionKey } from '../../domain/disruption';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { Halt } from '../../domain/control';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import type { OutcomeRecord } from '../../store/outcomes';
import { planStore, type RoundPlan } from '../../store/plans';
import { secondChanceStore } from '../../store/secondChances';
import type { Table, TableName } from '../../store/store';
import { aSet, aVm, vmsOf } from '../support/builders';
import { HEALTHY } from '../support/fakeDriver';
import {
  aPhase,
  roundsOfRegion,
  someServices,
  WINDOW_CLOSES,
  WINDOW_OPENS,
  ROLLOUT,
  type FakeServices,
} from '../support/fakeServices';
import { ENDS } from '../support/rolloutScene';

const PHASE = PhaseId.parse('catchup-2026-11-13t04');
const NOW = '2026-11-13T04:10:00.000Z';
const WINDOW_BEFORE = '2026-11-12T05:00:00.000Z';

/** Services in the window of eastus; these VMs have ended so in the window before. */
async function endedAs(
  vms: readonly VirtualMachine[],
  [kind, reason]: readonly [OutcomeKind, OutcomeReason],
  over: { atUtc?: string; nowUtc?: string; control?: Parameters<typeof someServices>[0] } = {},
): Promise<FakeServices> {
  const services = await someServices({ ...over.control, vms, nowUtc: over.nowUtc ?? NOW });
  await services.rollouts.savePhase(ROLLOUT, aPhase());
  const atUtc = over.atUtc ?? WINDOW_BEFORE;
  await saveOutcomes(
    services,
    ROLLOUT,
    vms.map((vm) => outcomeOf(vm, [kind, reason], atUtc)),
  );
  return services;
}

function outcomeOf(
  { id: vmId, region }: VirtualMachine,
  [kind, reason]: readonly [OutcomeKind, OutcomeReason],
  atUtc: string,
): OutcomeRecord {
  return { vmId, kind, reason, detail: '', atUtc, phase: phaseIdOf(1), region, installation: null };
}

interface CatchUps {
  readonly more: boolean;
  readonly catchUps: readonly { readonly region: string }[];
}

/** What a sweep does, activity after activity. */
async function plan(services: FakeServices, phase = PHASE): Promise<CatchUps> {
  const nowUtc = services.nowUtc();
  const look = async (): Promise<CatchUps> =>
    (await services.run(collectSecondChances, { nowUtc, phase })) as CatchUps;
  let found = await look();
  while (found.more) found = await look();
  for (const { region } of found.catchUps)
    await services.run(planCatchUp, { rolloutId: ROLLOUT, region, phase });
  return found;
}

const roundsIn = (services: FakeServices, region = 'eastus', phase = PHASE): Promise<readonly RoundPlan[]> =>
  roundsOfRegion(services, phase, region);

/** The same services, whose store fails at its n-th write from now, counted from 0; a larger write stops there. */
function failingAtWrite(services: FakeServices, n: number): FakeServices {
  let writes = 0;
  const mayFail = async (write: () => Promise<unknown>): Promise<void> => {
    if (writes === n) throw new Error('The store is out.');
    writes += 1;
    await write();
  };
  const table = (name: TableName): Table => {
    const own = services.store.table(name);
    return {
      ...own,
      upsert: (partition, row, value) => mayFail(() => own.upsert(partition, row, value)),
      write: async (partition, { upsert = [], remove = [] }) => {
        for (const { row, value } of upsert) await mayFail(() => own.upsert(partition, row, value));
        for (const row of remove) await mayFail(() => own.remove(partition, row));
      },
    };
  };
  const failing = { ...services, plans: planStore({ table }), secondChances: secondChanceStore({ table }) };
  return { ...failing, run: (activity, input) => activity.handler(failing)(input) };
}

const POWERED_OFF = ['deferred', 'poweredOff'] as const;
const PENDING = ['failed', 'patchesPending'] as const;

describe('R-111: a deferred VM', () => {
  it('INV-15: has the share of its subscription, however its id is written', async () => {
    const vms = vmsOf(10, (n) => ({ subscriptionId: n % 2 === 0 ? 'SUB-A' : 'sub-a' }));
    const services = await endedAs(vms, POWERED_OFF);
    await plan(services);
    const rounds = await roundsIn(services);
    expect(rounds.map(({ vmIds, subscriptions }) => [vmIds.length, subscriptions])).toEqual(
      Array.from({ length: 5 }, () => [2, [{ subscription: subscriptionKey('sub-a'), count: 2, max: 2 }]]),
    );
  });

  it('is caught up as soon as it can be reached in its off-peak hours', async () => {
    const vm = aVm({ zone: '1' });
    const services = await endedAs([vm], POWERED_OFF);
    expect(await plan(services)).toMatchObject({
      catchUps: [{ rolloutId: ROLLOUT, region: 'eastus', endsUtc: ENDS }],
    });
    expect(await roundsIn(services)).toEqual([
      expect.objectContaining({
        stage: 'zone-1',
        zone: '1',
        vmIds: [vm.id],
        timeZones: ['America/New_York'],
      }),
    ]);
  });

  it('may be caught up in the very window in which it was deferred', async () => {
    const services = await endedAs([aVm()], POWERED_OFF, { atUtc: '2026-11-13T03:20:00.000Z' });
    expect(await plan(services)).toMatchObject({ catchUps: [{ region: 'eastus' }] });
  });

  it.each([
    ['is off', { powerState: 'deallocated' as const }],
    ['has a silent agent', { agent: { status: 'notReady' as const, version: null } }],
    ['has an agent of an old version', { agent: { status: 'ready' as const, version: '2.2.46' } }],
  ])('waits as long as it %s', async (_why, reading) => {
    const vm = aVm({ osType: 'Linux' });
    const services = await endedAs([vm], POWERED_OFF);
    services.driver.change(vm.id, { signals: HEALTHY, ...reading });
    expect(await plan(services)).toMatchObject({ catchUps: [] });
  });

  it('that was off again when its catch-up came has another chance in the next window', async () => {
    const vm = aVm();
    const services = await endedAs([vm], POWERED_OFF);
    expect(await plan(services)).toMatchObject({ catchUps: [{ region: 'eastus' }] });
    services.wait(1800);
    await saveOutcomes(services, ROLLOUT, [outcomeOf(vm, POWERED_OFF, services.nowUtc())]);
    services.driver.change(vm.id, { signals: HEALTHY, powerState: 'deallocated' });
    for (let hour = 5; services.nowUtc() < '2026-11-14T02:00'; hour += 1) {
      services.wait(3600);
      const sweep = PhaseId.parse(`catchup-2026-11-13t${String(hour).padStart(2, '0')}`);
      expect(await plan(services, sweep)).toMatchObject({ catchUps: [] });
    }
    expect(await services.secondChances.next(9)).toHaveLength(1); // that of its first outcome is gone
    services.driver.change(vm.id, { signals: HEALTHY, powerState: 'running' });
    services.wait(3600);
    expect(await plan(services, PhaseId.parse('catchup-2026-11-14t03'))).toMatchObject({
      catchUps: [{ region: 'eastus' }],
    });
  });

  it('that was deleted waits until the inventory has seen so, and has its outcome then', async () => {
    const vm = aVm();
    const services = await endedAs([vm], POWERED_OFF);
    services.driver.remove(vm.id);
    expect(await plan(services)).toMatchObject({ catchUps: [] });
    expect((await services.outcomes.totals(ROLLOUT)).waiting).toBe(1);
    await services.inventory.change({ upsert: [], remove: [vm.id] });
    services.wait(3600);
    await plan(services);
    expect(await services.outcomes.read(ROLLOUT, vm.id)).toMatchObject({ reason: 'vmDeleted' });
    expect((await services.outcomes.totals(ROLLOUT)).waiting).toBe(0);
  });

  it('that stays off is looked at every hour of its first window, and less often later; never more than it has windows', async () => {
    const vm = aVm();
    const services = await endedAs([vm], POWERED_OFF);
    services.driver.change(vm.id, { signals: HEALTHY, powerState: 'deallocated' });
    const looks: string[] = [];
    const read = services.driver.readVirtualMachine.bind(services.driver);
    services.driver.readVirtualMachine = (id) => {
      looks.push(services.nowUtc());
      return read(id);
    };
    for (let hour = 0; hour < 5 * 24; hour += 1) {
      await plan(services, PhaseId.parse(`catchup-${hour}`));
      services.wait(3600);
    }
    const on = (day: string): number => looks.filter((utc) => utc.startsWith(day)).length;
    expect(on('2026-11-13')).toBeGreaterThanOrEqual(5);
    for (const day of ['2026-11-15', '2026-11-16']) {
      expect(on(day)).toBeLessThanOrEqual(3);
      expect(on(day)).toBeGreaterThanOrEqual(1);
    }
  });

  it.each([
    ['before its off-peak hours', '2026-11-13T02:59:00.000Z'],
    ['when too little of them is left', '2026-11-13T09:30:00.000Z'],
    ['after them', WINDOW_CLOSES],
  ])('R-108: is not caught up %s', async (_when, nowUtc) => {
    const services = await endedAs([aVm()], POWERED_OFF, { nowUtc });
    expect(await plan(services)).toMatchObject({ catchUps: [] });
  });
});

describe('R-804: failed and pending patches', () => {
  it('are retried in the next off-peak hours, not in the same again', async () => {
    const vm = aVm();
    const same = await endedAs([vm], PENDING, { atUtc: '2026-11-13T03:50:00.000Z' });
    expect(await plan(same)).toMatchObject({ catchUps: [] });
    const next = await endedAs([vm], PENDING, {
      atUtc: '2026-11-13T03:50:00.000Z',
      nowUtc: '2026-11-14T03:10:00.000Z',
    });
    expect(await plan(next)).toMatchObject({ catchUps: [{ region: 'eastus' }] });
  });
});

describe('a VM that gets no second chance', () => {
  it.each([
    ['patched', 'installed'],
    ['upToDate', 'nothingToInstall'],
    ['unhealthy', 'unhealthyAfterUpdate'],
    ['skipped', 'unhealthyBefore'],
  ] as const)('is one that ended %s: %s', async (kind, reason) => {
    const services = await endedAs([aVm()], [kind, reason]);
    expect(await plan(services)).toMatchObject({ catchUps: [] });
  });

  it('is one that has had it: the last word counts', async () => {
    const vm = aVm();
    const services = await endedAs([vm], POWERED_OFF);
    await saveOutcomes(services, ROLLOUT, [
      {
        vmId: vm.id,
        kind: 'patched',
        reason: 'installed',
        detail: '',
        atUtc: NOW,
        phase: PHASE,
        region: 'eastus',
        installation: null,
      },
    ]);
    expect(await plan(services)).toMatchObject({ catchUps: [] });
  });

  it('is one that another catch-up has in this window', async () => {
    const services = await endedAs([aVm()], POWERED_OFF);
    await plan(services);
    services.wait(3600);
    expect(await plan(services, PhaseId.parse('catchup-2026-11-13t05'))).toMatchObject({ catchUps: [] });
    services.clock.nowUtc = '2026-11-14T03:10:00.000Z';
    expect(await plan(services, PhaseId.parse('catchup-2026-11-14t03'))).toMatchObject({
      catchUps: [{ region: 'eastus' }],
    });
  });
});

describe('a VM that was tried three times', () => {
  it('waits no more: it stays as it ended last', async () => {
    const vm = aVm();
    const services = await endedAs([vm], PENDING);
    const failedAgain = (atUtc: string): Promise<void> =>
      saveOutcomes(services, ROLLOUT, [
        {
          vmId: vm.id,
          kind: 'failed',
          reason: 'installFailed',
          detail: '',
          atUtc,
          phase: phaseIdOf(1),
          region: 'eastus',
          installation: null,
        },
      ]);
    await failedAgain('2026-11-13T05:00:00.000Z');
    expect((await services.outcomes.totals(ROLLOUT)).waiting).toBe(1);
    await failedAgain('2026-11-14T05:00:00.000Z');
    expect((await services.outcomes.totals(ROLLOUT)).waiting).toBe(0);
    services.clock.nowUtc = '2026-11-16T03:10:00.000Z';
    expect(await plan(services)).toMatchObject({ catchUps: [] });
  });
});

describe('very many that wait', () => {
  it('are looked at in pieces, oldest first, and none is left out', async () => {
    const vms = vmsOf(150);
    const services = await endedAs(vms, POWERED_OFF);
    await plan(services);
    expect((await roundsIn(services)).flatMap(({ vmIds }) => vmIds)).toHaveLength(150);
  });
});

describe('a plan that is made twice', () => {
  const vms = [
    ...vmsOf(4, (n) => ({ name: `web-${n}`, availabilitySetId: aSet('web'), updateDomain: n % 2 })),
    aVm({ name: 'zoned', zone: '1' }),
    aVm({ name: 'quebec', region: 'canadaeast' }),
  ];
  const scene = (): Promise<FakeServices> => endedAs(vms, POWERED_OFF);
  const attempt = (services: FakeServices): Promise<CatchUps> => plan(services);
  const plannedIn = async (services: FakeServices): Promise<readonly RoundPlan[]> => [
    ...(await roundsIn(services, 'canadaeast')),
    ...(await roundsIn(services, 'eastus')),
  ];
  const busyIn = (services: FakeServices): Promise<readonly unknown[]> => services.secondChances.next(99);

  it('because the store failed at any of its writes is the same, and no VM loses the window', async () => {
    const whole = await scene();
    const answer = await attempt(whole);
    const [rounds, busy] = [await plannedIn(whole), await busyIn(whole)];
    expect(rounds.flatMap(({ vmIds }) => vmIds)).toHaveLength(vms.length);
    let failures = 0;
    for (let failed = true; failed; failures += 1) {
      const services = await scene();
      failed = await attempt(failingAtWrite(services, failures)).then(
        () => false,
        () => true,
      );
      expect(await attempt(services)).toEqual(answer);
      expect(await plannedIn(services)).toEqual(rounds);
      expect(await busyIn(services)).toEqual(busy);
    }
    expect(failures).toBeGreaterThan(rounds.length + vms.length);
  });

  it('although it was whole leaves the rounds alone: they may be running', async () => {
    const services = await scene();
    const answer = await attempt(services);
    const rounds = await plannedIn(services);
    const [deleted] = vms;
    if (!deleted) throw new Error('a VM');
    await services.inventory.change({ upsert: [], remove: [deleted.id] }); // planned now, the rounds would lack it
    expect(await attempt(services)).toEqual(answer);
    expect(await plannedIn(services)).toEqual(rounds);
  });
});

describe('no path around control', () => {
  const halt: Halt = {
    haltId: 'h',
    kind: 'halt',
    phase: phaseIdOf(1),
    region: 'westus',
    why: '',
    atUtc: WINDOW_OPENS,
    decision: null,
  };

  it.each(['paused', 'cancelled', 'ended'] as const)(
    'INV-9: a rollout that is %s catches no VM up',
    async (mode) => {
      const services = await endedAs([aVm()], POWERED_OFF, { control: { control: { mode } } });
      expect(await plan(services)).toMatchObject({ catchUps: [] });
    },
  );

  it('INV-6: nor does one that is halted, anywhere', async () => {
    const services = await endedAs([aVm()], POWERED_OFF);
    await services.rollouts.addHalt(ROLLOUT, halt);
    expect(await plan(services)).toMatchObject({ catchUps: [] });
  });
});

describe('the smaller plan', () => {
  it('R-205, R-207, R-208: keeps zones, sets, update domains and shares apart', async () => {
    const web = aSet('web');
    const members = vmsOf(12, (n) => ({ availabilitySetId: web, updateDomain: n % 3 }));
    const zoned = [aVm({ zone: '1' }), aVm({ zone: '2' })];
    const services = await endedAs([...members, ...zoned], POWERED_OFF);
    await plan(services);
    const rounds = await roundsIn(services);
    expect(rounds.flatMap(({ vmIds }) => vmIds)).toHaveLength(14);
    expect(new Set(rounds.map(({ stage }) => stage))).toEqual(new Set(['regional', 'zone-1', 'zone-2']));
    for (const { vmIds, availabilitySetId, updateDomain } of rounds.filter(
      ({ kind }) => kind === 'availabilitySet',
    )) {
      expect(availabilitySetId).toBe(web);
      expect(vmIds.length).toBeLessThanOrEqual(2); // 20 % of twelve
      const domains = members.filter(({ id }) => vmIds.includes(id)).map((vm) => vm.updateDomain);
      expect(new Set(domains)).toEqual(new Set([updateDomain]));
    }
  });

  it('has no more VMs in a round than an episode may start', async () => {
    const services = await endedAs(
      vmsOf(200, () => ({ zone: '1' })),
      POWERED_OFF,
    );
    await plan(services);
    const sizes = (await roundsIn(services)).map(({ vmIds }) => vmIds.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(80);
    expect(sizes.reduce((a, b) => a + b)).toBe(200);
  });
});
