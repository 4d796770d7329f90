import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import type { RolloutId, VmId } from '../domain/ids';
import { selects } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { KeptOutcome } from '../store/outcomes';
import type { RoundPlan } from '../store/plans';
import { keepIndexes } from './fleetIndex';
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
  const known =
    before?.policy === policy && before.view.listed.placeOf === listed.placeOf ? before.view.vms : [];
  const found: FleetVm[] = [];
  await inSlices(listed.vms, (vm, n) => {
    const outcome = outcomeOf.get(vm.id) ?? null;
    const place = places.get(vm.id) ?? null;
    const same = known[n]?.vm === vm ? known[n] : undefined;
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
  if (before !== undefined && areSameIds(vms, before.asListed)) return withChanged(vms, before);
  const sorted = await sortedById(vms);
  const placeOf = new Map<VmId, number>();
  await inSlices(sorted, ({ id }, n) => placeOf.set(id, n));
  return { vms: sorted, placeOf, asListed: vms };
}

const areSameIds = (a: readonly VirtualMachine[], b: readonly VirtualMachine[]): boolean =>
  a.length === b.length && a.every(({ id }, n) => id === b[n]?.id);

/** The same VMs, some of them changed: each stays in its place. */
function withChanged(vms: readonly VirtualMachine[], before: Listed): Listed {
  const { placeOf } = before;
  const sorted = [...before.vms];
  const changed: number[] = [];
  for (const [n, vm] of vms.entries()) {
    const place = vm === before.asListed[n] ? undefined : placeOf.get(vm.id);
    if (place === undefined) continue;
    sorted[place] = vm;
    changed.push(place);
  }
  const listed = { vms: sorted, placeOf, asListed: vms };
  keepIndexes(before, listed, changed);
  return listed;
}

const byId = (a: VirtualMachine, b: VirtualMachine): number => (a.id < b.id ? -1 : 1);

/** Sorted in one piece, 100,000 VMs would hold up every request for a fifth of a second. */
async function sortedById(vms: readonly VirtualMachine[]): Promise<readonly VirtualMachine[]> {
  let runs: VirtualMachine[][] = [];
  const next = slices();
  for (let start = 0; start < vms.length; start += RUN_VMS) {
    runs.push(vms.slice(start, start + RUN_VMS).sort(byId));
    await next();
  }
  while (runs.length > 1) {
    const merged: VirtualMachine[][] = [];
    for (let n = 0; n < runs.length; n += 2) merged.push(await mergedById(runs[n] ?? [], runs[n + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

const RUN_VMS = 1_000;

async function mergedById(
  a: readonly VirtualMachine[],
  b: readonly VirtualMachine[],
): Promise<VirtualMachine[]> {
  const merged: VirtualMachine[] = [];
  const next = slices();
  for (let [n, m] = [0, 0]; n < a.length || m < b.length;) {
    const [left, right] = [a[n], b[m]];
    const takesLeft = right === undefined || (left !== undefined && byId(left, right) < 0);
    const taken = takesLeft ? left : right;
    if (taken !== undefined) merged.push(taken);
    if (takesLeft) n += 1;
    else m += 1;
    if (merged.length % RUN_VMS === 0) await next();
  }
  return merged;
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
