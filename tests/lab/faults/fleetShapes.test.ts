import { selects } from '../../../domain/selector';
import {
  fleetOfSeed,
  hasBudgets,
  scenarioOfShape,
  shapeOf,
  type FleetShape,
} from '../../../lab/faults/fleetShapes';
import { FAULT_KINDS } from '../../../lab/faults/faults';
import { otherHubsOf } from '../../../lab/faults/hostRuns';
import { monthSetupOf } from '../../../lab/faults/monthSetup';
import { parseFleet } from '../../../drivers/fleet/parseFleet';
import { Scenario } from '../../../drivers/simulated/scenario';

const VMS = 60;
const SEEDS = Array.from({ length: 16 }, (_, n) => n + 1);

const fleetOf = (shape: FleetShape): ReturnType<typeof parseFleet> => {
  const seed = SEEDS.find((one) => shapeOf(one) === shape);
  if (seed === undefined) throw new Error(`no seed of ${shape}`);
  return parseFleet(JSON.stringify(fleetOfSeed({ vms: VMS, seed })), shape);
};

describe('the fleets of seeds', () => {
  it('all in one region', () => {
    const { vms } = fleetOf('oneRegion');
    expect(vms).toHaveLength(VMS);
    expect(new Set(vms.map(({ region }) => region)).size).toBe(1);
  });

  it('nearly all parked', () => {
    const parked = fleetOf('parked').vms.filter(({ tags }) => tags['lowtide-power'] === 'parked').length;
    expect(parked).toBeGreaterThan(VMS * 0.7);
    expect(parked).toBeLessThan(VMS);
  });

  it('all in sets of a few, a third as many as VMs', () => {
    const { vms, availabilitySets } = fleetOf('manySets');
    expect(vms.every(({ availabilitySetId }) => availabilitySetId !== null)).toBe(true);
    expect(availabilitySets.size).toBeGreaterThan(VMS / 5);
  });

  it('an image that few have, broken by its patch', () => {
    const seed = SEEDS.find((one) => shapeOf(one) === 'rareImage') ?? 0;
    const rare = fleetOf('rareImage').vms.filter(({ image }) => image?.sku === '18.04-LTS').length;
    expect(rare).toBeGreaterThan(0);
    expect(rare).toBeLessThanOrEqual(VMS / 10);
    const plain = Scenario.parse({ name: 'plain', description: 'None.', effects: [] });
    const [effect] = scenarioOfShape(seed, plain, new Set(FAULT_KINDS)).effects;
    expect(effect).toMatchObject({ what: 'unhealthyAfterUpdate', percent: 100 });
    expect(scenarioOfShape(seed, plain, new Set()).effects).toEqual([]);
  });

  it('with applications of budgets, some of whose VMs are off for good', () => {
    const [seed = 0, ...others] = SEEDS.filter(hasBudgets);
    expect(others.length).toBeGreaterThan(0);
    const { budgets } = monthSetupOf(seed, VMS).policy;
    expect(budgets.map(({ selector }) => selector)).toEqual([{ tag: 'app=shop' }, { tag: 'app=desk' }]);
    const { vms } = parseFleet(JSON.stringify(fleetOfSeed({ vms: VMS, seed })), 'budgets');
    for (const { selector } of budgets) {
      const own = vms.filter((vm) => selects(selector, vm));
      expect(own.length).toBeGreaterThan(VMS / 6);
      expect(own.some(({ tags }) => tags['lowtide-power'] === 'parked')).toBe(true);
    }
    expect(monthSetupOf(seed + 1, VMS).policy.budgets).toEqual([]);
  });

  it('know every VM by a GUID of its own', () => {
    const ids = SEEDS.map((seed) => parseFleet(JSON.stringify(fleetOfSeed({ vms: VMS, seed })), 'any').vms);
    for (const vms of ids) expect(new Set(vms.map(({ uniqueId }) => uniqueId)).size).toBe(VMS);
  });
});

describe('a host of another task hub', () => {
  it('runs for some hours in the months whose hosts come back from a journal', () => {
    const [span, ...others] = otherHubsOf(monthSetupOf(10, VMS));
    expect(others).toEqual([]);
    expect((span?.untilMs ?? 0) - (span?.atMs ?? 0)).toBeGreaterThan(20 * 60_000);
    expect(otherHubsOf(monthSetupOf(11, VMS))).toEqual([]);
  });
});
