import { standaloneShare } from '../domain/disruption';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { selects, type Selector } from '../domain/selector';
import type { VmList } from '../domain/vmList';
import type { BudgetColumns } from './budgets';
import { NONE, type VmColumns } from './columns';
import type { FleetColumns } from './fleetColumns';
import { AbsentVm, idAt } from './namedLater';
import type { Plan } from './plan';

/** The VMs that take part. */
export interface Candidates extends VmColumns {
  /** Their positions in the columns, in the order in which they are to be taken: columns may hold other VMs, too. */
  readonly order: Int32Array;
  /** 1 for VMs that the month before left over. */
  readonly carried: Uint8Array;
  /** Null where the policy has none. */
  readonly budgets: BudgetColumns | null;
}

/** What has to be known of the whole inventory: also VMs that are not eligible count. */
export interface InventoryFacts {
  readonly policy: Policy;
  /** Members of each set. */
  readonly setSizes: ReadonlyMap<AvailabilitySetId, number>;
  /** How many standalone VMs of a subscription may be down at once in a region. */
  readonly shareOf: (region: string, subscriptionId: string) => number;
  /** How many there are. */
  readonly standaloneCount: (region: string, subscriptionId: string) => number;
}

export interface SortedOut {
  readonly candidates: Candidates;
  readonly ineligible: Plan['ineligible'];
}

/** What is known of some VMs beside what columns say. */
export interface Aside {
  readonly carriedOver: ReadonlySet<string>;
  /** VMs that are held until the rollout ends, and by what: they have no turn. */
  readonly held: ReadonlyMap<VmId, Because>;
  readonly budgets: BudgetColumns | null;
  /** Absent: all VMs are meant. */
  readonly selector?: Selector;
}

/** Parts the inventory, in the order of the month, into VMs that take part and those that do not, with the reason; what is not selected is neither. */
export function sortOut(vms: VmList, columns: FleetColumns, order: Int32Array, aside: Aside): SortedOut {
  const { held, selector } = aside;
  const { absence, absences, ids } = columns;
  const ineligible: Plan['ineligible'] = [];
  const eligible = new Int32Array(order.length);
  let count = 0;
  for (const position of order) {
    if (selector !== undefined) {
      const vm = vms.at(position);
      if (vm === undefined || !selects(selector, vm)) continue;
    }
    const because =
      absences[absence[position] ?? NONE] ?? (held.size === 0 ? undefined : held.get(idAt(ids, position)));
    if (because === undefined) {
      eligible[count] = position;
      count += 1;
    } else ineligible.push(new AbsentVm(ids, position, because));
  }
  const candidates = candidatesOf(columns, aside.budgets, eligible.subarray(0, count), aside.carriedOver);
  return { candidates, ineligible };
}

export function candidatesOf(
  columns: VmColumns,
  budgets: BudgetColumns | null,
  order: Int32Array,
  carriedOver: ReadonlySet<string>,
): Candidates {
  const carried = new Uint8Array(columns.ids.length);
  if (carriedOver.size > 0)
    for (let n = 0; n < carried.length; n += 1) if (carriedOver.has(idAt(columns.ids, n))) carried[n] = 1;
  return { ...columns, order, carried, budgets };
}

/** Facts from counts that are known already. */
export function factsOf(
  policy: Policy,
  setSizes: ReadonlyMap<AvailabilitySetId, number>,
  standaloneCount: InventoryFacts['standaloneCount'],
): InventoryFacts {
  return {
    policy,
    setSizes,
    standaloneCount,
    shareOf: (region, subscription) => standaloneShare(standaloneCount(region, subscription), policy),
  };
}

export function inventoryFacts(columns: VmColumns, order: Int32Array, policy: Policy): InventoryFacts {
  const { names, region, set, subscription } = columns;
  const members = new Int32Array(names.sets.length);
  const standalone: Int32Array[] = names.regions.map(() => new Int32Array(names.subscriptions.length));
  for (const position of order) {
    const counts = set[position] === NONE ? standalone[region[position] ?? 0] : members;
    const number = (set[position] === NONE ? subscription[position] : set[position]) ?? 0;
    if (counts !== undefined) counts[number] = (counts[number] ?? 0) + 1;
  }
  const setSizes = new Map(names.sets.map((id, number) => [id, members[number] ?? 0]));
  const regionNumbers = numbersOf(names.regions);
  const subscriptionNumbers = numbersOf(names.subscriptions);
  return factsOf(policy, setSizes, (place, subscriptionId) => {
    const here = standalone[regionNumbers.get(place) ?? NONE];
    return here?.[subscriptionNumbers.get(subscriptionId) ?? NONE] ?? 0;
  });
}

function numbersOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, number) => [name, number]));
}
