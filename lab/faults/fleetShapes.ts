import { generateFleet, type GeneratedFleet } from '../../fleets/generateFleet';
import { POWER_HABIT_TAG } from '../../drivers/simulated/machine/powerHabits';
import { Scenario } from '../../drivers/simulated/scenario';
import { hash53 } from '../../domain/seed';
import type { FaultKind } from './faults';

/**
 * Fleets that are unlike the usual one in a way that broke Lowtide before, scaled down: all in one region; nearly all parked; hundreds of small
 * sets; an image that few have, and that its patch breaks.
 */
export type FleetShape = 'mixed' | 'oneRegion' | 'parked' | 'manySets' | 'rareImage';

const SHAPES: readonly FleetShape[] = [
  'mixed',
  'oneRegion',
  'mixed',
  'parked',
  'mixed',
  'mixed',
  'rareImage',
  'manySets',
];

export const shapeOf = (seed: number): FleetShape => SHAPES[seed % SHAPES.length] ?? 'mixed';

/** One seed in so many has budgets by tag, whatever its shape. */
const BUDGETS_ONE_IN = 5;
const BUDGETS_AT = 3;
export const hasBudgets = (seed: number): boolean => seed % BUDGETS_ONE_IN === BUDGETS_AT;

export const BUDGET_TAG = 'app';
export const BUDGET_APPS = ['shop', 'desk'] as const;
/** Of 100 VMs of a seed with budgets so many are of each of them, and of those so many are off for good. */
const IN_A_BUDGET_PERCENT = 30;
const BUDGET_OFF_PERCENT = 15;

type Resource = GeneratedFleet['virtualMachines'][number];

const ONE_REGION = 'eastus2';
const PARKED_PERCENT = 85;
/** Members of a set: with one by one below ten, each takes as many windows as it must. */
const SET_SIZE = 3;
const RARE = { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS' };
/** What the others that had it run instead. */
const COMMON = { publisher: 'RedHat', offer: 'RHEL', sku: '7.8', version: 'latest' };
const RARE_ONE_IN = 20;

/** The fleet of a seed. Every VM has the GUID that Azure gives it, so that it is known again where its owner moves it. */
export function fleetOfSeed({ vms, seed }: { readonly vms: number; readonly seed: number }): GeneratedFleet {
  const { virtualMachines, availabilitySets } = shaped(shapeOf(seed), generateFleet({ vms, seed }));
  const resources = hasBudgets(seed) ? virtualMachines.map(inBudgets) : virtualMachines;
  return { availabilitySets, virtualMachines: resources.map((vm) => ({ ...vm, vmId: guidOf(vm) })) };
}

/** What befalls it beside what befalls every fleet: the patch breaks each VM of the rare image. */
export function scenarioOfShape(seed: number, scenario: Scenario, allowed: ReadonlySet<FaultKind>): Scenario {
  if (shapeOf(seed) !== 'rareImage' || !allowed.has('scenario')) return scenario;
  const image = `${RARE.publisher}:${RARE.offer}:${RARE.sku}`;
  return Scenario.parse({
    ...scenario,
    effects: [...scenario.effects, { who: { image, share: 100 }, what: 'unhealthyAfterUpdate' }],
  });
}

function shaped(shape: FleetShape, fleet: GeneratedFleet): GeneratedFleet {
  switch (shape) {
    case 'mixed':
      return fleet;
    case 'oneRegion':
      return {
        virtualMachines: fleet.virtualMachines.map(inOneRegion),
        availabilitySets: fleet.availabilitySets.map(inOneRegion),
      };
    case 'parked':
      return { ...fleet, virtualMachines: fleet.virtualMachines.map(parked) };
    case 'manySets':
      return inSets(fleet);
    case 'rareImage':
      return { ...fleet, virtualMachines: fleet.virtualMachines.map(withRareImage) };
  }
}

const inOneRegion = (resource: Resource): Resource => ({ ...resource, location: ONE_REGION });

const parked = (vm: Resource): Resource =>
  hash53(nameOf(vm)) % 100 < PARKED_PERCENT ? tagged(vm, { [POWER_HABIT_TAG]: 'parked' }) : vm;

function inBudgets(vm: Resource): Resource {
  const app = BUDGET_APPS[Math.floor((hash53(`budget ${nameOf(vm)}`) % 100) / IN_A_BUDGET_PERCENT)];
  if (app === undefined) return vm;
  const isOff = hash53(`off ${nameOf(vm)}`) % 100 < BUDGET_OFF_PERCENT;
  return tagged(vm, { [BUDGET_TAG]: app, ...(isOff && { [POWER_HABIT_TAG]: 'parked' }) });
}

const tagged = (vm: Resource, tags: Readonly<Record<string, string>>): Resource => ({
  ...vm,
  tags: { ...(vm['tags'] as object | null), ...tags },
});

function withRareImage(vm: Resource, n: number): Resource {
  const storage = vm['storageProfile'] as { readonly osDisk: { readonly osType: string } };
  if (storage.osDisk.osType !== 'Linux') return vm;
  const imageReference = n % RARE_ONE_IN === 0 ? { ...RARE, version: 'latest' } : COMMON;
  return { ...vm, storageProfile: { ...storage, imageReference } };
}

/** The standalone VMs of each application in sets of a few. */
function inSets({ virtualMachines, availabilitySets }: GeneratedFleet): GeneratedFleet {
  const sets = [...availabilitySets];
  const counts = new Map<string, number>();
  const members = virtualMachines.map((vm): Resource => {
    if (vm['availabilitySet'] !== null) return vm;
    const group = String(vm['id']).split('/providers/')[0] ?? '';
    const before = counts.get(group) ?? 0;
    counts.set(group, before + 1);
    const name = `as-${String(vm['resourceGroup'])}-${Math.floor(before / SET_SIZE)}`;
    const id = `${group}/providers/Microsoft.Compute/availabilitySets/${name}`;
    if (before % SET_SIZE === 0)
      sets.push({
        id,
        name,
        resourceGroup: vm['resourceGroup'],
        location: vm['location'],
        platformFaultDomainCount: 2,
        platformUpdateDomainCount: 2,
        sku: { name: 'Aligned' },
      });
    return { ...vm, zones: null, availabilitySet: { id } };
  });
  return { virtualMachines: members, availabilitySets: sets };
}

const nameOf = (vm: Resource): string => String(vm['name']);

function guidOf(vm: Resource): string {
  const digits = hash53(String(vm['id'])).toString(16).padStart(14, '0').slice(-12);
  return `10c0de00-0000-4000-8000-${digits}`;
}
