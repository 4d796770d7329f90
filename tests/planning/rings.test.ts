import { readPolicyFile } from '../../composition/policyFile';
import { Month } from '../../domain/ids';
import { Policy } from '../../domain/policy';
import { checkPlan } from '../../planning/checkPlan';
import { makePlan } from '../../planning/makePlan';
import type { Plan } from '../../planning/plan';
import { aVm } from '../support/builders';

const REGIONS = ['northeurope', 'westeurope', 'eastus', 'japaneast'];
const vms = REGIONS.flatMap((region) =>
  Array.from({ length: 20 }, (_, n) =>
    aVm({ name: `${region}-${n}`, region, tags: n < 2 ? { ring: 'ours' } : n < 4 ? { ring: 'next' } : {} }),
  ),
);
const rings = [
  { name: 'ours', selector: { tag: 'ring=ours' } },
  { name: 'empty', selector: { tag: 'ring=none' } },
  { name: 'next', selector: { tag: 'ring' } },
];
const policy = Policy.parse({ rings });

function planOf(given: Policy): Plan {
  const month = Month.parse('2026-11');
  return makePlan({ vms, month, policy: given, seed: 1, nowUtc: '2026-11-10T18:00:00.000Z' });
}

describe('rings of the policy', () => {
  const plan = planOf(policy);
  const namesIn = (ring: string | undefined): string[] =>
    plan.phases
      .filter((phase) => phase.ring === ring)
      .flatMap(({ regions }) => regions)
      .flatMap(({ stages }) => stages)
      .flatMap(({ groups }) => groups)
      .flatMap(({ rounds }) => rounds)
      .flatMap(({ vmIds }) => vmIds.map((id) => id.split('/').at(-1) ?? id));

  it('go before all other phases, in their order; a VM is of the first that fits, and one without VMs is no phase', () => {
    expect(plan.phases.map(({ ring }) => ring ?? '-').join(' ')).toBe('ours ours next next - - - -');
    expect(namesIn('ours').sort()).toEqual(
      REGIONS.flatMap((region) => [`${region}-0`, `${region}-1`]).sort(),
    );
    expect(namesIn('next')).toHaveLength(8);
    expect(namesIn(undefined)).toHaveLength(64);
  });

  it('keep every rule of a plan: geo pairs are in different phases of a ring, and the next waits for gate and bake', () => {
    expect(checkPlan(plan, vms, policy)).toEqual([]);
    for (const { regions } of plan.phases) {
      const here = regions.map(({ region }) => region);
      expect(here.includes('northeurope') && here.includes('westeurope')).toBe(false);
    }
  });

  it('bake as the canary does, and so does the first phase after them', () => {
    const { phases } = plan;
    for (const [index, { expectedGateUtc }] of phases.entries()) {
      const next = phases[index + 1]?.expectedStartUtc;
      if (next === undefined || index > 4) continue;
      expect(Date.parse(next) - Date.parse(expectedGateUtc)).toBeGreaterThanOrEqual(12 * 3_600_000);
    }
  });

  it('a plan that puts both ends of a pair into one ring is found by the checker', () => {
    const [first, second, ...others] = plan.phases;
    if (first === undefined || second === undefined) throw new Error('There are two.');
    const merged = { ...first, regions: [...first.regions, ...second.regions] };
    const faults = checkPlan({ ...plan, phases: [merged, ...others] }, vms, policy);
    expect(faults).toContainEqual(expect.objectContaining({ rule: 'pairsApart' }));
  });

  it('a file with two rings of one name is refused, with its line', () => {
    const text = 'soak: PT30M\nrings:\n  - { name: a, selector: {} }\n  - { name: a, selector: {} }\n';
    expect(() => readPolicyFile(text)).toThrow(/line 4, column 13: rings: there are two of the name a/);
  });
});
