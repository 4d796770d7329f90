import { generatedFleetText } from '../../fleets/generateFleet';
import { defaultPolicy, Policy } from '../../domain/policy';
import { learnRegions } from '../../domain/regions';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { fleetColumns } from '../../planning/fleetColumns';
import { planInSteps } from '../../planning/makePlan';
import { madeAtOnce } from '../../planning/steps';
import { aVm, vmsOf } from '../support/builders';
import { planOf } from '../support/fleets';

const columnsOf = (vms: readonly VirtualMachine[], policy: Policy = defaultPolicy): unknown =>
  madeAtOnce(fleetColumns(vms, policy));

describe('what a plan reads of a fleet', () => {
  it('is remembered as long as the VMs are the same objects and the policy says the same', () => {
    const vms = vmsOf(5, (n) => ({ name: `vm-${n}` }));
    const columns = columnsOf(vms);
    expect(columnsOf([...vms], Policy.parse({}))).toBe(columns);
  });

  it('is read again when a VM or what the policy says of VMs has changed', () => {
    const vms = vmsOf(5, (n) => ({ name: `vm-${n}` }));
    const first = planOf(vms);
    const fewer = vms.slice(0, 4);
    expect(planOf(fewer).vmCount).toBe(4);
    const last = aVm({ ...vms[4], name: 'vm-5', patchMode: 'Manual' });
    expect(planOf([...fewer, last]).vmCount).toBe(4);
    const excluding = Policy.parse({ imageProfile: 'current', excludeTag: 'team' });
    const tagged = vms.map((vm, n) => (n === 0 ? vm : { ...vm, tags: { team: 'true' } }));
    expect(planOf(tagged).vmCount).toBe(5);
    expect(planOf(tagged, { policy: excluding }).vmCount).toBe(1);
    vms[4] = last; // the array of the first plan: its VMs are compared, not the array
    expect(planOf(vms).vmCount).toBe(4);
    expect(first.vmCount).toBe(5);
  });

  it('is read again when policy knows another region', () => {
    const vms = [aVm({ region: 'atlantis' })];
    expect(planOf(vms).vmCount).toBe(0);
    learnRegions([{ name: 'atlantis', timeZone: 'Europe/Oslo', pairedRegion: null }]);
    try {
      expect(planOf(vms).vmCount).toBe(1);
    } finally {
      learnRegions([]);
    }
  });
});

describe('the plan of a large fleet', () => {
  const { vms } = parseFleet([...generatedFleetText({ vms: 5_000, seed: 1 })].join(''), 'the fleet');
  const request = { vms, month: planOf([]).month, policy: defaultPolicy, seed: '2026-11' };
  const nowUtc = '2026-11-10T18:00:00.000Z';

  it('is the one that is made when every VM is read anew', () => {
    planOf(vms, { ...request, seed: 'another' });
    expect(planOf(vms, request)).toEqual(planOf(structuredClone(vms), request));
  });

  it('is made in steps, of which one deals with every VM and the others with a region at most', () => {
    const largest = Math.max(
      ...planOf(vms, request).phases.flatMap(({ regions }) => regions.map((one) => one.vmCount)),
    );
    const steps = [...planInSteps({ ...request, vms: structuredClone(vms), nowUtc })];
    expect(steps.length).toBeGreaterThan(30);
    expect(steps.filter((done) => done > Math.max(largest, 2_000))).toEqual([vms.length]);
  });
});
