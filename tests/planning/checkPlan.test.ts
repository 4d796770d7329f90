import { defaultPolicy } from '../../domain/policy';
import { learnRegions } from '../../domain/regions';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { checkPlan, type PlanRule } from '../../planning/checkPlan';
import type { Plan, PlannedRegion, PlannedRound } from '../../planning/plan';
import { aSet, aVm, vmsOf } from '../support/builders';
import { planOf } from '../support/fleets';

const set = { availabilitySetId: aSet('checked') };
const fleet: VirtualMachine[] = [
  ...vmsOf(6, (index) => ({ name: `one-${index}`, subscriptionId: `sub-${index % 3}` })),
  ...vmsOf(4, (index) => ({ ...set, name: `set-${index}`, updateDomain: index % 2 })),
  ...vmsOf(2, (index) => ({ region: 'westus', name: `west-${index}`, zone: String(index + 1) })),
  aVm({ name: 'manual', patchMode: 'Manual' }),
];

type Draft<T> = { -readonly [K in keyof T]: T[K] extends string | number | null ? T[K] : Draft<T[K]> };

/** The rules that the check finds broken once the plan has been spoilt. */
function rulesBroken(spoil: (plan: Draft<Plan>) => void, vms = fleet): PlanRule[] {
  const plan = structuredClone(planOf(vms)) as Draft<Plan>;
  spoil(plan);
  return [...new Set(checkPlan(plan as Plan, vms, defaultPolicy).map(({ rule }) => rule))];
}

const regionOf = (plan: Draft<Plan>, name: string): Draft<PlannedRegion> => {
  const found = plan.phases.flatMap(({ regions }) => regions).find(({ region }) => region === name);
  if (found === undefined) throw new Error(`${name} is not in the plan`);
  return found;
};
const roundsIn = (plan: Draft<Plan>, kind: string): Draft<PlannedRound>[] =>
  plan.phases
    .flatMap(({ regions }) => regions.flatMap(({ stages }) => stages.flatMap(({ groups }) => groups)))
    .filter((group) => group.kind === kind)
    .flatMap(({ rounds }) => rounds);
const at = <T>(items: readonly T[], index: number): T => {
  const item = items.at(index);
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
};

describe('the independent check of a plan', () => {
  test('R-202: it finds nothing in a sound plan', () => {
    expect(rulesBroken(() => undefined)).toEqual([]);
  });

  test('R-112: it notices a VM that is missing, and one that is there twice', () => {
    expect(rulesBroken((plan) => void at(roundsIn(plan, 'standalone'), 0).vmIds.pop())).toContain(
      'everyVmOnce',
    );
    expect(
      rulesBroken((plan) => {
        const [first, second] = roundsIn(plan, 'standalone');
        if (first !== undefined) second?.vmIds.push(...first.vmIds);
      }),
    ).toContain('everyVmOnce');
  });

  test('R-416: it notices a VM that is planned and not eligible, and one that is eligible and named as not', () => {
    const manual = at(fleet, -1).id;
    expect(
      rulesBroken((plan) => {
        plan.ineligible = [];
        at(roundsIn(plan, 'standalone'), 0).vmIds.push(manual);
      }),
    ).toContain('everyVmOnce');
    expect(
      rulesBroken((plan) => {
        const vmId = at(roundsIn(plan, 'standalone'), 0).vmIds.pop();
        if (vmId !== undefined) plan.ineligible.push({ vmId, reason: 'excluded', detail: '' });
      }),
    ).toContain('everyVmOnce');
  });

  test('R-203: it notices both ends of a pair in one phase', () => {
    const broken = rulesBroken((plan) => {
      const [first, second] = plan.phases;
      first?.regions.push(...(second?.regions ?? []));
      if (second !== undefined) second.regions = [];
    });
    expect(broken).toContain('pairsApart');
  });

  test('R-203: it notices a pair that only the policy knows of', () => {
    const together = (pairedRegion: string | null): PlanRule[] => {
      learnRegions([{ name: 'atlantis', timeZone: 'Atlantic/Azores', pairedRegion }]);
      try {
        return rulesBroken((plan) => {
          const phase = plan.phases.find(({ regions }) => regions.some(({ region }) => region === 'westus'));
          phase?.regions.push({ ...regionOf(plan, 'westus'), region: 'atlantis', stages: [] });
        });
      } finally {
        learnRegions([]);
      }
    };
    expect(together('westus')).toContain('pairsApart');
    expect(together(null)).not.toContain('pairsApart');
  });

  test('R-205: it notices a VM in the stage of another zone', () => {
    const broken = rulesBroken((plan) => {
      const [one, two] = regionOf(plan, 'westus').stages;
      if (one !== undefined && two !== undefined) [one.groups, two.groups] = [two.groups, one.groups];
    });
    expect(broken).toContain('place');
  });

  test('R-206: it notices a subscription whose VMs are all in one batch', () => {
    const broken = rulesBroken((plan) => {
      const rounds = roundsIn(plan, 'standalone').filter(({ vmIds }) =>
        vmIds.some((id) => id.includes('/one-')),
      );
      const all = rounds.flatMap(({ vmIds }) => vmIds);
      for (const round of rounds) round.vmIds = [];
      at(rounds, 0).vmIds = all;
    });
    expect(broken).toContain('subscriptionSpread');
  });

  test('R-207: it notices more of a set in one round than its share', () => {
    const broken = rulesBroken((plan) => {
      const [first, second] = roundsIn(plan, 'availabilitySet');
      if (first === undefined || second === undefined) return;
      first.vmIds.push(...second.vmIds);
      second.vmIds = [];
    });
    expect(broken).toContain('setShare');
  });

  test('R-208: it notices a round across update domains', () => {
    const broken = rulesBroken((plan) => {
      const [first, , third] = roundsIn(plan, 'availabilitySet');
      if (first === undefined || third === undefined) return;
      [first.vmIds, third.vmIds] = [third.vmIds, first.vmIds];
    });
    expect(broken).toEqual(['updateDomains']);
  });

  test('it notices a round that is too large or empty, and a number that does not add up', () => {
    expect(rulesBroken((plan) => void at(roundsIn(plan, 'standalone'), 0).vmIds.pop())).toContain(
      'roundSize',
    );
    expect(rulesBroken((plan) => (regionOf(plan, 'westus').vmCount += 1))).toEqual(['counts']);
    expect(rulesBroken((plan) => (plan.vmCount += 1))).toEqual(['counts']);
  });

  test('R-202: it notices a phase that starts before the one before it has been watched', () => {
    const broken = rulesBroken((plan) => {
      const [first, second] = plan.phases;
      if (first !== undefined && second !== undefined) second.expectedStartUtc = first.expectedEndUtc;
    });
    expect(broken).toEqual(['order']);
  });

  test('R-208: it notices rounds of a set that overlap', () => {
    const broken = rulesBroken((plan) => {
      const [first, second] = roundsIn(plan, 'availabilitySet');
      if (first !== undefined && second !== undefined) second.expectedStartUtc = first.expectedStartUtc;
    });
    expect(broken).toEqual(['order']);
  });

  test('R-108: it notices a round outside the off-peak hours, and one too near their end', () => {
    for (const time of ['T18:00:00.000Z', 'T10:30:00.000Z'])
      expect(
        rulesBroken((plan) => {
          const last = at(
            roundsIn(plan, 'standalone').filter(({ vmIds }) => vmIds.some((id) => id.includes('/one-'))),
            -1,
          );
          last.expectedStartUtc = last.expectedStartUtc.slice(0, 10) + time;
        }),
      ).toContain('offPeak');
  });

  test('R-109: it notices a VM that is late and not named', () => {
    const broken = rulesBroken((plan) => {
      const last = at(roundsIn(plan, 'standalone'), -1);
      last.expectedStartUtc = '2026-12-05T04:00:00.000Z';
      last.expectedEndUtc = '2026-12-05T05:10:00.000Z';
    });
    expect(broken).toContain('late');
  });
});
