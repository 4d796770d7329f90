import fc from 'fast-check';
import { Month, type VmId } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmList } from '../../domain/vmList';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import type { Plan } from '../../planning/plan';
import { makePlan } from '../../planning/makePlan';
import { vmsOf } from '../support/builders';
import { roundsOf } from '../support/fleets';

const month = Month.parse('2026-11');
const planOf = (vms: VmList, policy = defaultPolicy): Plan =>
  makePlan({ vms, month, policy, seed: 1, nowUtc: releaseOf(month) });

/** A list that makes its ids, and counts how many were asked for. */
function counted(vms: readonly VirtualMachine[]): { readonly list: VmList; asked: () => number } {
  let asked = 0;
  const at = (position: number): VmId | undefined => {
    asked += 1;
    return vms[position]?.id;
  };
  const { length } = vms;
  const list: VmList = {
    length,
    at: (position) => vms[position],
    ids: { length, at },
    [Symbol.iterator]: () => vms.values(),
  };
  return { list, asked: () => asked };
}

describe('a plan of a fleet that makes its ids', () => {
  const { vms } = parseFleet(printGeneratedFleet(generateFleet({ vms: 600, seed: 3 })), 'vms.json');

  it('names no VM until it is asked, and then those that it is asked for', () => {
    const { list, asked } = counted(vms);
    const plan = planOf(list);
    expect(asked()).toBe(0);
    const [round] = roundsOf(plan);
    expect(round?.vmIds).toHaveLength(round?.vmCount ?? 0);
    expect(asked()).toBe(round?.vmCount);
  });

  it('is the plan of the VMs: as a copy, as JSON, and in a comparison', () => {
    const plan = planOf(counted(vms).list);
    expect(plan).toEqual(planOf(vms));
    expect(JSON.stringify(plan)).toBe(JSON.stringify(planOf(vms)));
    expect(structuredClone(plan)).toEqual(plan);
    const [round] = roundsOf(plan);
    const [absent] = plan.ineligible;
    expect(Object.keys({ ...round })).toContain('vmIds');
    expect({ ...absent }).toEqual(JSON.parse(JSON.stringify(absent)));
  });
});

describe('the late VMs of a plan', () => {
  it('are in the order of their start, and of their ids, in whatever order the VMs are', () => {
    const tooShort = { ...defaultPolicy, forecastTargetDays: 1 };
    const vms = vmsOf(30, (n) => ({ name: `vm-${n}`, region: n % 2 === 0 ? 'eastus' : 'japaneast' }));
    const inOrder = vms.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const wanted = planOf(inOrder, tooShort).late;
    expect(wanted.length).toBeGreaterThan(10);
    const keys = wanted.map(({ expectedStartUtc, vmId }) => `${expectedStartUtc} ${vmId}`);
    expect(keys).toEqual(keys.toSorted());
    fc.assert(
      fc.property(fc.shuffledSubarray(vms, { minLength: vms.length }), (shuffled) => {
        expect(planOf(shuffled, tooShort).late).toEqual(wanted);
      }),
      { numRuns: 20 },
    );
  });
});
