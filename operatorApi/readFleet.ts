import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import type { RolloutId, VmId } from '../domain/ids';
import { selects } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { KeptOutcome } from '../store/outcomes';
import type { RoundPlan } from '../store/plans';
import { fleetVmOf, type FleetView, type FleetVm, type Listed, type PlannedPlace } from './fleetVm';
import { inSlices, slices } from '../activities/slices';

/** Rows of a table that are read together: a request of Azure Tables answers with 1,000 at most. */
const PAGE_SIZE = 998;

/** A view with what the next reading takes over from it. */
export interface FleetReading {
  readonly view: FleetView;
  readonly policy: Services['policy'];
  readonly places: ReadonlyMap<VmId, PlannedPlace>;
}

/** Reads the tables page by page, and keeps of the reading before what has not changed: a large fleet changes by a few rows between two readings. */
export async function readFleet(
  services: Services,
  control: RolloutControl | null,
  before: FleetReading | null,
): Promise<FleetReading> {
  const { policy } = services;
  const asOfUtc = services.nowUtc();
  const vms = await inventoryOf(services, control);
  const outcomes = control === null ? [] : await outcomesOf(services, control.rolloutId);
  const rounds = control === null ? [] : await roundsOf(services, control.rolloutId);
  const listed = await listedOf(vms, before?.view.listed);
  const places =
    before !== null && isSame(rounds, before.view.rounds) ? before.places : await placesOf(rounds);
  const outcomeOf = new Map<VmId, KeptOutcome>();
  await inSlices(outcomes, (outcome) => outcomeOf.set(outcome.vmId, outcome));
  const known = before?.policy === policy && before.view.listed === listed ? before.view.vms : [];
  const found: FleetVm[] = [];
  await inSlices(listed.vms, (vm, n) => {
    const outcome = outcomeOf.get(vm.id) ?? null;
    const place = places.get(vm.id) ?? null;
    const same = known[n];
    found.push(
      same?.outcome === outcome && same.place === place
        ? same
        : same === undefined
          ? fleetVmOf(policy, vm, outcome, place)
          : { ...same, outcome, place },
    );
  });
  return { view: { asOfUtc, control, vms: found, listed, rounds }, policy, places };
}

async function inventoryOf(
  { inventory }: Services,
  control: RolloutControl | null,
): Promise<VirtualMachine[]> {
  const selector = control?.emergency?.selector;
  const found: VirtualMachine[] = [];
  const next = slices();
  for (let after: string | null = ''; after !== null;) {
    const page: Awaited<ReturnType<typeof inventory.page>> = await inventory.page(after, PAGE_SIZE);
    for (const vm of page.value) if (selector === undefined || selects(selector, vm)) found.push(vm);
    after = page.next;
    await next();
  }
  return found;
}

async function outcomesOf({ outcomes }: Services, id: RolloutId): Promise<KeptOutcome[]> {
  const found: KeptOutcome[] = [];
  const next = slices();
  for (let after: string | null = ''; after !== null;) {
    const page: Awaited<ReturnType<typeof outcomes.page>> = await outcomes.page(id, after, PAGE_SIZE);
    found.push(...page.value);
    after = page.next;
    await next();
  }
  return found;
}

async function roundsOf({ plans }: Services, id: RolloutId): Promise<RoundPlan[]> {
  const found: RoundPlan[] = [];
  const next = slices();
  for (let after: string | null = ''; after !== null;) {
    const page: Awaited<ReturnType<typeof plans.roundsPage>> = await plans.roundsPage(id, after, PAGE_SIZE);
    found.push(...page.value);
    after = page.next;
    await next();
  }
  return found;
}

/** The VMs in the order of their ids: what was listed before, when none of them has changed since. They come in the order of their keys. */
async function listedOf(vms: readonly VirtualMachine[], before: Listed | undefined): Promise<Listed> {
  if (before !== undefined && isSame(vms, before.asListed)) return before;
  const sorted = [...vms].sort((a, b) => (a.id < b.id ? -1 : 1));
  const placeOf = new Map<VmId, number>();
  await inSlices(sorted, ({ id }, n) => placeOf.set(id, n));
  return { vms: sorted, placeOf, asListed: vms };
}

/** Rows that have not changed are the same objects, where the store keeps what it has parsed. */
function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, n) => one === b[n]);
}

async function placesOf(rounds: readonly RoundPlan[]): Promise<ReadonlyMap<VmId, PlannedPlace>> {
  const places = new Map<VmId, PlannedPlace>();
  await inSlices(rounds, ({ vmIds, ...round }) => {
    for (const vmId of vmIds) places.set(vmId, round);
  });
  return places;
}
