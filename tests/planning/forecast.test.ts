import { Month } from '../../domain/ids';
import { defaultPolicy, Policy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { checkPlan } from '../../planning/checkPlan';
import { planInSteps } from '../../planning/makePlan';
import type { Plan } from '../../planning/plan';
import { aSet, aVm, vmsOf } from '../support/builders';
import { planOf, roundsOf } from '../support/fleets';

const RELEASED = '2026-11-10T18:00:00.000Z';

type Round = ReturnType<typeof roundsOf>[number];

describe('the forecast', () => {
  const windowsOf = (plan: Plan): number =>
    new Set(roundsOf(plan).map((round) => round.expectedStartUtc.slice(0, 10))).size;

  test('R-109: a set of 20 update domains takes 20 rounds and three windows, nine VMs one by one two', () => {
    const twenty = vmsOf(20, (index) => ({ availabilitySetId: aSet('twenty'), updateDomain: index }));
    const nine = vmsOf(9, (index) => ({ availabilitySetId: aSet('nine'), updateDomain: index % 3 }));
    expect([roundsOf(planOf(twenty)).length, windowsOf(planOf(twenty))]).toEqual([20, 3]);
    expect([roundsOf(planOf(nine)).length, windowsOf(planOf(nine))]).toEqual([9, 2]);
  });

  test('R-108: no round starts that could not end in its window', () => {
    const twenty = vmsOf(20, (index) => ({ availabilitySetId: aSet('tight'), updateDomain: index }));
    for (const { expectedStartUtc } of roundsOf(planOf(twenty)))
      expect(expectedStartUtc.slice(11) >= '03:00' && expectedStartUtc.slice(11) <= '09:25:00.000Z').toBe(
        true,
      );
  });

  test('R-201: no step of the ladder is dropped to save days: what does not fit is late', () => {
    const regions = ['polandcentral', 'spaincentral', 'israelcentral', 'italynorth', 'austriaeast'];
    const sizes = [1, 3, 8, 40, 110];
    const vms = regions.flatMap((region, index) =>
      vmsOf(sizes[index] ?? 0, (n) => ({ region, subscriptionId: `sub-${n}` })),
    );
    const made = (forecastTargetDays: number): Plan =>
      planOf(vms, { policy: Policy.parse({ forecastTargetDays }) });
    const phasesOf = (plan: Plan): number[] => plan.phases.map(({ vmCount }) => vmCount);
    expect(phasesOf(made(2))).toEqual(phasesOf(made(21)));
    expect(made(21).late).toEqual([]);
    expect(made(2).late[0]?.detail).toMatch(
      /after the target day of the forecast, because of its off-peak windows/,
    );
  });

  const oneRegion = (count: number): VirtualMachine[] => vmsOf(count, () => ({ region: 'eastus' }));
  const lastDay = (plan: Plan): number =>
    Math.max(...plan.phases.map(({ expectedEndUtc }) => Date.parse(expectedEndUtc))) / 86_400_000 -
    Date.parse(plan.releasedUtc) / 86_400_000;

  test.each([
    [10_000, 4],
    [50_000, 8],
  ])('R-109: %d standalone VMs of one region and subscription are done on day %d', (count, day) => {
    const plan = planOf(oneRegion(count));
    expect(lastDay(plan)).toBeLessThanOrEqual(day);
    expect(plan.late).toEqual([]);
  });

  test('R-109: exposure is in the forecast: 5 VMs of an image family first, then 20, 100, 500', () => {
    const rounds = roundsOf(planOf(oneRegion(700), { policy: Policy.parse({ batchSharePercents: [100] }) }));
    const ends = [...new Set(rounds.map(({ expectedEndUtc }) => expectedEndUtc))].sort();
    // Without it the first 80 VMs would be done at 04:06; so there are 5 at 03:56, 25 at 04:47, 80 at 05:41.
    expect(ends[0]).toBe('2026-11-11T05:41:00.000Z');
  });

  test.each([
    [5, 1],
    [5, 1.1],
    [1, 1.5],
  ])(
    'INV-14: a plan ends where evidenceFirst %d and evidenceFactor %d let a family prove no more, and says so',
    (evidenceFirst, evidenceFactor) => {
      const policy = Policy.parse({ evidenceFirst, evidenceFactor });
      const month = Month.parse('2026-11');
      const steps = planInSteps({ vms: vmsOf(20), month, policy, seed: 'x', nowUtc: RELEASED });
      let step = steps.next();
      for (let n = 0; n < 100 && step.done !== true; n += 1) step = steps.next();
      expect(step.done === true && step.value.late.map(({ detail }) => detail)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^evidenceFirst and evidenceFactor of the policy/)]),
      );
    },
  );

  test('R-208: a round of a set that is over as it begins comes before the one that begins then', () => {
    const policy = Policy.parse({
      soakSeconds: 0,
      evidenceFirst: 1,
      evidenceFactor: 1,
      evidenceUnderWay: 1,
      batchSharePercents: [],
      phasesMin: 1,
      budgets: [{ name: 'all', selector: {}, max: 1 }],
    });
    const web = { availabilitySetId: aSet('eastus-0'), subscriptionId: 'sub-a' };
    const vms = [
      aVm({ name: 'any-0', subscriptionId: 'sub-a', patchMode: 'Manual' }),
      aVm({ ...web, name: 'any-1', timeZone: 'Tokyo Standard Time' }),
      aVm({ ...web, name: 'any-2', timeZone: 'Nepal Standard Time' }),
      aVm({ name: 'any-3', subscriptionId: 'sub-a', timeZone: 'Tokyo Standard Time' }),
      aVm({ name: 'any-4', subscriptionId: 'sub-a', region: 'japanwest' }),
    ];
    const plan = planOf(vms, { policy, seed: ' ' });
    const ofSet = roundsOf(plan).filter(({ vmIds }) => vmIds.some((id) => /any-[12]$/.test(id)));
    expect(ofSet.map(({ expectedStartUtc: from, expectedEndUtc: to }) => from === to)).toEqual([true, false]);
    expect(checkPlan(plan, vms, policy)).toEqual([]);
  });

  test('R-109: a round takes as long as its slowest VM: the more VMs, the longer', () => {
    const policy = Policy.parse({ evidenceFirst: 1000, evidenceUnderWay: 1000, batchSharePercents: [100] });
    const minutesOf = (count: number): number => {
      const [round] = roundsOf(planOf(oneRegion(count), { policy }));
      return (Date.parse(round?.expectedEndUtc ?? '') - Date.parse(round?.expectedStartUtc ?? '')) / 60_000;
    };
    expect([1, 40, 400].map(minutesOf)).toEqual([50, 58, 66]); // a fifth at once: rounds of 1, 8 and 80 VMs
  });

  test('R-109: of large sets one in twenty members is taken to be down, and its round goes one after another', () => {
    const vms = vmsOf(40, (index) => ({ availabilitySetId: aSet('web'), updateDomain: index % 5 }));
    const [round] = roundsOf(planOf(vms));
    expect(round?.vmIds).toHaveLength(8);
    const minutes =
      (Date.parse(round?.expectedEndUtc ?? '') - Date.parse(round?.expectedStartUtc ?? '')) / 60_000;
    expect(minutes).toBeGreaterThan(100);
  });

  test('R-203: what a phase has left over goes before the paired region of the next one, and never meets it', () => {
    const leftOver = (set: string): VirtualMachine[] =>
      vmsOf(20, (index) => ({ region: 'eastus', availabilitySetId: aSet(set), updateDomain: index }));
    const eastus = [
      ...leftOver('first'),
      ...leftOver('second'),
      ...vmsOf(500, (index) => ({ region: 'eastus', subscriptionId: `sub-${index}` })),
    ];
    const westus = vmsOf(600, (index) => ({ region: 'westus', subscriptionId: `sub-${index}` }));
    const plan = planOf([...eastus, ...westus]);
    expect(plan.phases.map(({ regions }) => regions.map(({ region }) => region))).toEqual([
      ['eastus'],
      ['westus'],
    ]);
    const [first = [], second = []] = plan.phases.map((phase) => roundsOf({ ...plan, phases: [phase] }));
    const meets = (a: Round, b: Round): boolean =>
      a.expectedStartUtc < b.expectedEndUtc && b.expectedStartUtc < a.expectedEndUtc;
    expect(second.filter((round) => first.some((other) => meets(round, other)))).toEqual([]);
    const [begins = ''] = second.map(({ expectedStartUtc }) => expectedStartUtc).sort();
    expect(first.filter(({ expectedStartUtc }) => expectedStartUtc > begins)).not.toEqual([]);
    const ends = (rounds: readonly Round[]): string[] => rounds.map(({ expectedEndUtc }) => expectedEndUtc);
    expect(ends(first)).toEqual(ends(roundsOf(planOf(eastus))));
  });

  test('R-203: the time after which a phase may close counts from when its first window opens, not from the gate before', () => {
    const policy = Policy.parse({ phaseCloseAfterSeconds: 5 * 3600, phaseEvidencePercent: 1 });
    const slow = vmsOf(20, (n) => ({
      region: 'japaneast',
      availabilitySetId: aSet('slow'),
      updateDomain: n,
    }));
    const plan = planOf([aVm(), ...vmsOf(2, () => ({ region: 'westeurope' })), ...slow], { policy });
    const [, before, last] = plan.phases;
    expect(before?.expectedGateUtc).toBe('2026-11-11T21:50:00.000Z');
    // Ten minutes before the first of its windows, which opens at 13:00.
    expect(last?.expectedGateUtc).toBe('2026-11-12T17:50:00.000Z');
  });

  test('R-203: of two paired regions the one of the earlier phase goes first, whatever day the rollout is to be done by', () => {
    for (const forecastTargetDays of [21, 1]) {
      const { phases } = planOf(
        [
          ...['first', 'second'].flatMap((set) =>
            vmsOf(20, (n) => ({ region: 'eastus', availabilitySetId: aSet(set), updateDomain: n })),
          ),
          ...vmsOf(500, (n) => ({ region: 'eastus', subscriptionId: `sub-${n}` })),
          ...vmsOf(600, (n) => ({ region: 'westus', subscriptionId: `sub-${n}` })),
        ],
        { policy: Policy.parse({ forecastTargetDays }) },
      );
      // In turns westus would begin at 06:20, and eastus end at 09:40.
      expect(phases[1]?.expectedStartUtc).toBe('2026-11-12T09:40:00.000Z');
      expect(phases[0]?.expectedEndUtc).toBe('2026-11-13T08:00:00.000Z');
    }
  });

  test('R-109: of sets the one that is expected to take longest comes first, not the one with most rounds', () => {
    const five = vmsOf(40, (index) => ({ availabilitySetId: aSet('web'), updateDomain: index % 5 }));
    const nine = vmsOf(9, (index) => ({ availabilitySetId: aSet('nine'), updateDomain: index }));
    const groups = planOf([...nine, ...five]).phases[0]?.regions[0]?.stages[0]?.groups ?? [];
    expect(groups.map(({ rounds }) => rounds.length)).toEqual([5, 9]);
  });

  test('R-109: the VMs that cannot make it by the target day are named, with the reason and their place', () => {
    const vms = vmsOf(4, (index) => ({ availabilitySetId: aSet('slow'), updateDomain: index }));
    const policy = Policy.parse({ offPeakOpens: '22:00', offPeakCloses: '00:00', forecastTargetDays: 2 });
    const plan = planOf(vms, { policy });
    expect(plan.late.map(({ expectedStartUtc }) => expectedStartUtc)).toEqual([
      '2026-11-13T03:00:00.000Z',
      '2026-11-14T03:00:00.000Z',
    ]);
    expect(plan.late[0]?.detail).toMatch(
      /after the target day .* round 3 of 4 of slow-\w+ in eastus, regional/,
    );
  });

  test('R-109: a VM whose window is too short for any update is named, not forgotten', () => {
    const policy = Policy.parse({ offPeakOpens: '22:00', offPeakCloses: '23:00' });
    const plan = planOf([aVm()], { policy });
    expect([plan.vmCount, plan.late[0]?.detail]).toEqual([1, expect.stringContaining('too short')]);
  });

  test('R-109: a late start is forecast from now, and what passes the end is named', () => {
    const plan = planOf([aVm(), aVm(), aVm()], { nowUtc: '2026-12-08T04:00:00.000Z' });
    expect(plan.phases[0]?.expectedStartUtc).toBe('2026-12-08T04:00:00.000Z');
    expect(plan.late).toHaveLength(3);
    const over = planOf([aVm()], { nowUtc: '2026-12-08T17:30:00.000Z' });
    expect(over.late[0]?.detail).toMatch(/after the rollout has ended/);
  });

  test('R-109: before the release nothing is planned to start', () => {
    const plan = planOf([aVm({ region: 'japaneast' })], { nowUtc: '2026-11-01T00:00:00.000Z' });
    expect(plan.phases[0]?.expectedStartUtc).toBe('2026-11-10T18:00:00.000Z');
  });

  /** Reads of the VMs' members while the plan is made, by VM. */
  const readsPerVm = (count: number): number => {
    const regions = ['eastus', 'westeurope', 'japaneast', 'uksouth', 'centralindia', 'brazilsouth', 'westus'];
    const vms = vmsOf(count, (index) => ({
      region: regions[index % 7] ?? '',
      subscriptionId: `sub-${index % Math.ceil(count / 2.5)}`,
      ...(index % 3 === 0
        ? { availabilitySetId: aSet(`${index % 7}-${Math.floor(index / 70)}`) }
        : { zone: index % 2 === 0 ? null : String((index % 3) + 1) }),
    }));
    let reads = 0;
    const counted = vms.map(
      (vm) =>
        new Proxy(vm, {
          get: (target, name, receiver): unknown => {
            reads += 1;
            return Reflect.get(target, name, receiver);
          },
        }),
    );
    const plan = planOf(counted);
    const made = reads;
    expect(checkPlan(plan, vms, defaultPolicy)).toEqual([]);
    expect(plan.vmCount).toBe(count);
    return made / count;
  };

  test('R-109: ten thousand VMs are planned without anything that grows with their square', () => {
    const [few, many] = [readsPerVm(1_000), readsPerVm(10_000)];
    expect(few).toBeGreaterThan(1);
    expect(many).toBeLessThan(2 * few); // a logarithm may grow, for sorting
  });
});
