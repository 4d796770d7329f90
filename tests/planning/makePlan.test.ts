import fc from 'fast-check';
import { subscriptionKey } from '../../domain/disruption';
import { defaultPolicy, Policy } from '../../domain/policy';
import type { VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { checkPlan } from '../../planning/checkPlan';
import { Plan, ROUND_SIZE_MAX } from '../../planning/plan';
import { aSet, aVm, vmsOf } from '../support/builders';
import { aRequest, aDisruption, Asked } from '../support/claims';
import { anyFleet, groupsOf, planOf, roundsOf } from '../support/fleets';

/** Windows that lie in one another. */
const dailyAndSaturday = {
  name: 'weekend',
  selector: {},
  open: [
    { opens: '22:00', closes: '04:00' },
    { days: ['sat'], opens: '06:00', closes: '06:00' },
  ],
};

const idsOf = (vms: readonly VirtualMachine[]): VmId[] => vms.map(({ id }) => id).sort();

describe('the plan', () => {
  test('R-202: whatever the fleet, an independent check finds no fault in the plan', () => {
    fc.assert(
      fc.property(anyFleet, fc.integer({ min: 0, max: 40 * 24 }), fc.string(), (vms, hours, seed) => {
        const nowUtc = new Date(Date.UTC(2026, 10, 10, 18) + hours * 3_600_000).toISOString();
        const plan = planOf(vms, { nowUtc, seed });
        expect(checkPlan(plan, vms, defaultPolicy)).toEqual([]);
        expect(() => Plan.parse(plan)).not.toThrow();
      }),
      { numRuns: 150 },
    );
  });

  test('R-202: with other policies the check finds no fault either', () => {
    const anyPolicy = fc
      .record({
        offPeakOpens: fc.constantFrom('22:00', '01:30', '00:00'),
        offPeakCloses: fc.constantFrom('06:00', '04:00', '00:00'),
        setSharePercent: fc.constantFrom(0, 20, 50, 100),
        setOneByOneBelow: fc.constantFrom(0, 3, 10),
        phasesMin: fc.integer({ min: 1, max: 6 }),
        canaryRegions: fc.subarray(['eastus', 'westus', 'japaneast']),
        batchSharePercents: fc.constantFrom([100], [50, 50], [5, 25, 70], [1, 9, 30, 60]),
        bakeSeconds: fc.constantFrom(null, 0, 7200),
        forecastTargetDays: fc.constantFrom(1, 5, 21),
        standaloneSharePercent: fc.constantFrom(0, 20, 100),
        evidenceFirst: fc.constantFrom(1, 5),
        evidenceFactor: fc.constantFrom(1, 1.5, 5),
        evidenceUnderWay: fc.constantFrom(1, 1000),
        budgets: fc.constantFrom([], [{ name: 'all', selector: {}, max: 1 }]),
        ownWindows: fc.constantFrom([], [dailyAndSaturday]),
        rings: fc.constantFrom([], [{ name: 'first', selector: { subscription: 'sub-a' } }]),
      })
      .map((settings) => Policy.parse(settings));
    fc.assert(
      fc.property(anyFleet, anyPolicy, (vms, policy) => {
        expect(checkPlan(planOf(vms, { policy }), vms, policy)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('R-202: the same inventory in any order gives the same plan, byte for byte', () => {
    fc.assert(
      fc.property(
        anyFleet.chain((vms) =>
          fc.tuple(fc.constant(vms), fc.shuffledSubarray(vms, { minLength: vms.length })),
        ),
        ([vms, shuffled]) => {
          expect(JSON.stringify(planOf(shuffled))).toBe(JSON.stringify(planOf(vms)));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a VM that is on two pages is planned once', () => {
    const vm = aVm();
    expect(planOf([vm, { ...vm, vmSize: 'Standard_D4s_v3' }])).toEqual(planOf([vm]));
  });

  test('R-105: VMs of every size are planned alike', () => {
    const sizes = ['Standard_B1s', 'Standard_M416ms_v2', null];
    const plan = planOf(sizes.map((vmSize) => aVm({ vmSize })));
    expect(plan.vmCount).toBe(3);
  });

  test('R-416: VMs that are not eligible are named with their reason, and not planned', () => {
    const manual = aVm({ patchMode: 'Manual' });
    const plan = planOf([manual, aVm()]);
    expect(plan.vmCount).toBe(1);
    expect(plan.ineligible).toEqual([
      {
        vmId: manual.id,
        reason: 'patchModeNotPlatform',
        detail: 'its patch mode is Manual, not AutomaticByPlatform',
      },
    ]);
  });

  test('an empty fleet has a plan without phases', () => {
    expect(planOf([])).toMatchObject({ vmCount: 0, phases: [], ineligible: [], late: [] });
  });
});

describe('regions and zones', () => {
  test('R-205: the zones of a region, and the VMs without one, are stages one after another', () => {
    const plan = planOf(vmsOf(40, (index) => ({ zone: [null, '1', '2', '10'][index % 4] ?? null })));
    const stages = plan.phases.flatMap(({ regions }) => regions).flatMap((region) => region.stages);
    expect(stages.map(({ stage }) => stage)).toEqual(['zone-1', 'zone-2', 'zone-10', 'regional']);
    for (const [index, stage] of stages.slice(1).entries())
      expect(stage.expectedStartUtc >= (stages[index]?.expectedEndUtc ?? '')).toBe(true);
  });

  test('R-201: a phase starts when the one before it is done and has been watched: 12 hours after the canary, then the next window', () => {
    const plan = planOf(['uksouth', 'francecentral', 'italynorth'].map((region) => aVm({ region })));
    expect(plan.phases.map(({ expectedStartUtc }) => expectedStartUtc)).toEqual([
      '2026-11-10T21:00:00.000Z',
      '2026-11-11T21:00:00.000Z',
      '2026-11-11T22:20:00.000Z',
    ]);
  });

  test('R-201: the bake after a phase is policy', () => {
    const policy = Policy.parse({ bakeAfterCanarySeconds: 0, bakeSeconds: 600 });
    const plan = planOf(
      ['uksouth', 'francecentral', 'italynorth'].map((region) => aVm({ region })),
      { policy },
    );
    expect(plan.phases.map(({ expectedStartUtc }) => expectedStartUtc)).toEqual([
      '2026-11-10T21:00:00.000Z',
      '2026-11-10T21:50:00.000Z',
      '2026-11-10T22:50:00.000Z',
    ]);
  });
});

describe('batches of standalone VMs', () => {
  test('R-206: batches grow: 5 %, 25 %, 70 %', () => {
    const plan = planOf(vmsOf(60, (index) => ({ subscriptionId: `sub-${index}` })));
    expect(groupsOf(plan).map(({ group, vmCount }) => [group, vmCount])).toEqual([
      ['batch-1', 3],
      ['batch-2', 15],
      ['batch-3', 42],
    ]);
  });

  test('R-206: no subscription has all its VMs of a region in one batch, even if each has two', () => {
    const vms = vmsOf(600, (index) => ({ subscriptionId: `sub-${Math.floor(index / 2)}` }));
    const batchOf = new Map(
      groupsOf(planOf(vms)).flatMap(({ group, rounds }) =>
        rounds.flatMap(({ vmIds }) => vmIds.map((id) => [id, group] as const)),
      ),
    );
    const together = vms.filter(
      ({ id }, index) => index % 2 === 0 && batchOf.get(id) === batchOf.get(vms[index + 1]?.id ?? id),
    );
    expect(together).toEqual([]);
  });

  test('INV-15: a subscription whose id is written in two ways has one share: a ledger grants each round of its VMs', () => {
    const vms = vmsOf(4, (index) => ({ subscriptionId: index % 2 === 0 ? 'SUB-A' : 'sub-a' }));
    const plan = planOf(vms);
    expect(checkPlan(plan, vms, defaultPolicy)).toEqual([]);
    const refused = roundsOf(plan).flatMap(({ subscriptions, vmCount }) =>
      new Asked().rulesAgainst(aRequest('round', aDisruption({ count: vmCount, subscriptions }))),
    );
    expect(refused).toEqual([]);
    expect(roundsOf(plan).map(({ subscriptions }) => subscriptions)).toEqual(
      vms.map(() => [{ subscription: subscriptionKey('sub-a'), count: 1, max: 1 }]),
    );
  });

  test('R-206: one subscription alone keeps the sizes of the batches', () => {
    expect(groupsOf(planOf(vmsOf(100))).map(({ vmCount }) => vmCount)).toEqual([5, 25, 70]);
  });

  test('R-206: a round is never larger than an orchestrator can watch', () => {
    const rounds = roundsOf(planOf(vmsOf(500)));
    expect(Math.max(...rounds.map(({ vmCount }) => vmCount))).toBe(ROUND_SIZE_MAX);
  });

  test('R-209: the batch of a VM differs from month to month', () => {
    const vms = vmsOf(50);
    const firstBatch = (month: string): string[] =>
      groupsOf(planOf(vms, { month: month as never }))[0]?.rounds.flatMap(({ vmIds }) => [...vmIds].sort()) ??
      [];
    expect(firstBatch('2026-11')).not.toEqual(firstBatch('2026-12'));
    expect(firstBatch('2026-11')).toEqual(firstBatch('2026-11'));
  });

  test('VMs carried over from the superseded month come first in their place, and are at most a third of a first batch', () => {
    const vms = vmsOf(60, (index) => ({ subscriptionId: `sub-${index}` }));
    const carriedOver = vms.slice(40, 46).map(({ id }) => id);
    const isCarried = (id: VmId): boolean => carriedOver.includes(id);
    const [first, second] = groupsOf(planOf(vms, { carriedOver })).map(({ rounds }) =>
      rounds.flatMap(({ vmIds }) => vmIds),
    );
    expect(first?.map(isCarried)).toEqual([true, false, false]);
    expect(second?.slice(0, 6).map(isCarried)).toEqual([...new Array<boolean>(5).fill(true), false]);
  });

  test('a first batch is smaller where nearly all VMs are carried over', () => {
    const vms = vmsOf(100, (index) => ({ subscriptionId: `sub-${index}` }));
    const carriedOver = vms.slice(0, 98).map(({ id }) => id);
    const batches = groupsOf(planOf(vms, { carriedOver }));
    expect(batches.map(({ vmCount }) => vmCount)).toEqual([3, 27, 70]);
    const first = batches[0]?.rounds.flatMap(({ vmIds }) => vmIds) ?? [];
    expect(first.filter((id) => carriedOver.includes(id))).toHaveLength(1);
  });

  test('INV-15: a round has at most a fifth of the standalone VMs that a subscription has in the region', () => {
    const vms = vmsOf(60, (index) => ({ subscriptionId: index < 20 ? 'large' : `small-${index % 8}` }));
    const subscriptionOf = new Map(vms.map(({ id, subscriptionId }) => [id, subscriptionId]));
    for (const { vmIds, subscriptions } of roundsOf(planOf(vms))) {
      const counts = new Map<string, number>();
      for (const id of vmIds) {
        const subscription = subscriptionOf.get(id) ?? '';
        counts.set(subscription, (counts.get(subscription) ?? 0) + 1);
      }
      for (const [subscription, count] of counts)
        expect(count).toBeLessThanOrEqual(subscription === 'large' ? 4 : 1);
      expect(subscriptions.map(({ count }) => count).sort()).toEqual([...counts.values()].sort());
    }
  });

  const ONE_ROUND_MS = 54 * 60_000;

  test('rounds of a batch run side by side as far as shares allow, and no further', () => {
    const plan = planOf(vmsOf(2000));
    const [, , third] = groupsOf(plan);
    expect(third?.atOnce).toBe(5); // 400 of 2,000, in rounds of 80
    const together = third?.rounds.filter(
      ({ expectedStartUtc }) =>
        Date.parse(expectedStartUtc) - Date.parse(third.expectedStartUtc) < ONE_ROUND_MS,
    );
    expect(together).toHaveLength(5);
  });

  test('rounds that begin together keep to the patch calls that Azure takes of a subscription', () => {
    const [, , third] = groupsOf(planOf(vmsOf(6000)));
    // 600 calls at once are 300 VMs; each round of 80 VMs beyond that has to wait 48 s more.
    expect(third?.rounds.slice(0, 6).map(({ delaySeconds }) => delaySeconds)).toEqual([0, 0, 0, 12, 60, 108]);
  });

  test('R-108: a VM in a foreign time zone gets its own window, and holds the others for none', () => {
    const at = { nowUtc: '2026-11-10T18:00:00.000Z' };
    const vms = vmsOf(30, (index) => ({ subscriptionId: `sub-${index}` }));
    const foreign = vms
      .map((vm) => aVm({ name: `tokyo-${vm.name}`, timeZone: 'Tokyo Standard Time' }))
      .slice(0, 3);
    const alone = groupsOf(planOf(vms, at));
    const together = groupsOf(planOf([...vms, ...foreign], at));
    const done = (groups: typeof alone, own: readonly VirtualMachine[]): string =>
      groups
        .filter(({ rounds }) => rounds.some(({ vmIds }) => own.some(({ id }) => vmIds.includes(id))))
        .reduce((end, { expectedEndUtc }) => (expectedEndUtc > end ? expectedEndUtc : end), '');
    expect(done(together, vms) <= done(alone, vms)).toBe(true);
    expect(done(together, foreign) <= '2026-11-11T21:00:00.000Z').toBe(true);
    const mixed = together.filter(({ rounds }) => {
      const ids = rounds.flatMap(({ vmIds }) => vmIds);
      return foreign.some(({ id }) => ids.includes(id)) && vms.some(({ id }) => ids.includes(id));
    });
    expect(mixed).toEqual([]);
  });

  test('R-108: a foreign VM does not wait either until a batch of several windows is done', () => {
    const vms = [...vmsOf(600), ...vmsOf(3, () => ({ timeZone: 'Tokyo Standard Time' }))];
    const tokyo = new Set(vms.slice(600).map(({ id }) => id));
    const rounds = roundsOf(planOf(vms, { nowUtc: '2026-11-10T22:00:00.000Z' }));
    const windows = rounds
      .filter(({ vmIds }) => vmIds.some((id) => tokyo.has(id)))
      .map((round) => round.expectedStartUtc);
    expect(windows.every((start) => start.startsWith('2026-11-11T1'))).toBe(true);
    const others = rounds.filter(({ vmIds }) => !vmIds.some((id) => tokyo.has(id)));
    expect(others.at(-1)?.expectedStartUtc.slice(0, 10)).toBe('2026-11-12');
  });

  test('R-108: VMs whose windows open more than an hour apart do not wait for each other', () => {
    const vms = [aVm({ region: 'uksouth' }), aVm({ region: 'uksouth', timeZone: 'FLE Standard Time' })];
    const rounds = roundsOf(planOf(vms, { policy: Policy.parse({ batchSharePercents: [100] }) }));
    expect(rounds.map(({ expectedStartUtc }) => expectedStartUtc)).toEqual([
      '2026-11-10T20:00:00.000Z',
      '2026-11-10T22:00:00.000Z',
    ]);
  });

  test('R-108: VMs whose windows open within the hour share a round', () => {
    const vms = ['GMT Standard Time', 'Romance Standard Time'].map((timeZone, n) =>
      aVm({ region: 'uksouth', timeZone, subscriptionId: `sub-${n}` }),
    );
    const [round] = roundsOf(planOf(vms, { policy: Policy.parse({ batchSharePercents: [100] }) }));
    expect(round).toMatchObject({ vmCount: 2, expectedStartUtc: '2026-11-10T22:00:00.000Z' });
  });
});

describe('availability sets', () => {
  const setOf = (count: number, domains: number): VirtualMachine[] =>
    vmsOf(count, (index) => ({
      availabilitySetId: aSet(`of-${count}-${domains}`),
      updateDomain: index % domains,
    }));

  test('R-207: at most a fifth of a set at once, rounded down', () => {
    const rounds = roundsOf(planOf(setOf(18, 2)));
    expect(rounds.map(({ vmCount }) => vmCount)).toEqual([3, 3, 3, 3, 3, 3]);
  });

  test('R-207: in a set of fewer than ten, one VM at a time', () => {
    expect(roundsOf(planOf(setOf(9, 3))).map(({ vmCount }) => vmCount)).toEqual(new Array(9).fill(1));
    expect(roundsOf(planOf(setOf(10, 2))).map(({ vmCount }) => vmCount)).toEqual([2, 2, 1, 2, 2, 1]);
  });

  test('R-207: a policy of 100 % still leaves one VM of the set alone', () => {
    const policy = Policy.parse({ setSharePercent: 100, setOneByOneBelow: 0 });
    expect(roundsOf(planOf(setOf(12, 1), { policy })).map(({ vmCount }) => vmCount)).toEqual([11, 1]);
    expect(roundsOf(planOf(setOf(1, 1), { policy })).map(({ vmCount }) => vmCount)).toEqual([1]);
  });

  test('R-207: members that are not eligible count in the size of the set', () => {
    const [first, ...others] = setOf(15, 2);
    const vms = [
      ...(first === undefined ? [] : [first]),
      ...others.map((vm) => ({ ...vm, patchMode: 'Manual' })),
    ];
    expect(groupsOf(planOf(vms))).toMatchObject([{ kind: 'availabilitySet', setSize: 15, vmCount: 1 }]);
  });

  test('R-208: a round stays in one update domain, and rounds of a set run one after another', () => {
    const vms = setOf(40, 5);
    const domainOf = new Map(vms.map(({ id, updateDomain }) => [id, updateDomain]));
    const rounds = roundsOf(planOf(vms));
    for (const [index, round] of rounds.entries()) {
      expect(new Set(round.vmIds.map((id) => domainOf.get(id)))).toEqual(new Set([round.updateDomain]));
      expect(round.expectedStartUtc >= (rounds[index - 1]?.expectedEndUtc ?? '')).toBe(true);
    }
    expect(idsOf(vms)).toEqual(rounds.flatMap(({ vmIds }) => vmIds).sort());
  });

  test('R-208: one update domain is finished before the next begins', () => {
    const domains = roundsOf(planOf(setOf(40, 5))).map(({ updateDomain }) => updateDomain);
    const changes = domains.filter((domain, index) => index > 0 && domain !== domains[index - 1]);
    expect(changes).toHaveLength(4);
  });

  test('R-208: members whose update domain is not known go one at a time, in no domain that is guessed', () => {
    const known = setOf(20, 5);
    const vms = known.map((vm, n) => (n < 7 ? { ...vm, updateDomain: null } : vm));
    const plan = planOf(vms);
    const rounds = roundsOf(plan).map(({ updateDomain, vmIds }) => [updateDomain, vmIds.length]);
    expect(rounds.filter(([domain]) => domain === null)).toEqual(new Array(7).fill([null, 1]));
    expect(rounds.filter(([domain]) => domain !== null)).not.toEqual([]);
    expect(checkPlan(plan, vms, defaultPolicy)).toEqual([]);
  });

  test('R-206: sets run beside the batches of their stage, and beside each other', () => {
    const plan = planOf([...setOf(10, 2), ...setOf(12, 3), ...vmsOf(5)]);
    const starts = groupsOf(plan)
      .filter(({ group, kind }) => kind === 'availabilitySet' || group === 'batch-1')
      .map(({ expectedStartUtc }) => expectedStartUtc);
    expect(starts).toEqual(new Array(3).fill('2026-11-11T03:00:00.000Z'));
  });
});
