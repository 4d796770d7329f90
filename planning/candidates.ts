import { standaloneShare } from '../domain/disruption';
import { eligibilityInTurn, type Eligibility } from '../domain/eligibility';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { selects, type Selector } from '../domain/selector';
import { assignUpdateDomains } from '../domain/updateDomains';
import type { VirtualMachine } from '../domain/virtualMachine';
import { NONE, type VmColumns } from './columns';
import type { Plan } from './plan';

/** The VMs that take part. */
export interface Candidates extends VmColumns {
  /** Their positions in the columns, in the order in which they are to be taken: columns may hold other VMs, too. */
  readonly order: Int32Array;
  /** 1 for VMs that the month before left over. */
  readonly carried: Uint8Array;
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

/** Parts the inventory, in the order of the month, into VMs that take part and those that do not, with the reason; what is not selected is neither. */
export function sortOut(
  vms: readonly VirtualMachine[],
  columns: VmColumns,
  order: Int32Array,
  aside: {
    /** Of each VM, in the order in which they came, why it has no turn; null for those that have one. */
    readonly absences: readonly (Absence | null)[];
    readonly carriedOver: ReadonlySet<string>;
    /** Absent: all of them. */
    readonly selector?: Selector;
  },
): SortedOut {
  const { absences, selector } = aside;
  const ineligible: Plan['ineligible'] = [];
  const eligible = new Int32Array(order.length);
  let count = 0;
  for (const position of order) {
    if (selector !== undefined) {
      const vm = vms[position];
      if (vm === undefined || !selects(selector, vm)) continue;
    }
    const absence = absences[position];
    if (absence === null || absence === undefined) {
      eligible[count] = position;
      count += 1;
    } else {
      const vmId = columns.ids[position];
      if (vmId !== undefined) ineligible.push({ vmId, reason: absence.reason, detail: absence.detail });
    }
  }
  return { candidates: candidatesOf(columns, eligible.subarray(0, count), aside.carriedOver), ineligible };
}

export type Absence = Pick<Extract<Eligibility, { kind: 'ineligible' }>, 'reason' | 'detail'>;

/** Says of VM after VM why it has no turn; null for one that has. */
export function absenceIn(
  policy: Policy,
  held: ReadonlyMap<VmId, Because>,
): (vm: VirtualMachine) => Absence | null {
  const eligibility = eligibilityInTurn(policy);
  return (vm) => {
    const answer = eligibility(vm);
    if (answer.kind === 'ineligible') return answer;
    return held.size === 0 ? null : (held.get(vm.id) ?? null);
  };
}

export function candidatesOf(
  columns: VmColumns,
  order: Int32Array,
  carriedOver: ReadonlySet<string>,
): Candidates {
  const carried = new Uint8Array(columns.ids.length);
  if (carriedOver.size > 0)
    for (const [n, id] of columns.ids.entries()) if (carriedOver.has(id)) carried[n] = 1;
  return { ...columns, order, carried };
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

/** Gives the members of sets that do not say their update domain one; the other VMs are not looked at. */
export function assignMissingDomains(
  vms: readonly VirtualMachine[],
  { set, updateDomain, names }: VmColumns,
  order: Int32Array,
): void {
  const isIncomplete = new Uint8Array(names.sets.length);
  for (const position of order) {
    const number = set[position] ?? NONE;
    if (number !== NONE && updateDomain[position] === null) isIncomplete[number] = 1;
  }
  if (!isIncomplete.includes(1)) return;
  const members = order.filter((position) => isIncomplete[set[position] ?? NONE] === 1);
  const assigned = assignUpdateDomains([...members].flatMap((position) => vms[position] ?? []));
  for (const [n, vm] of assigned.entries()) updateDomain[members[n] ?? 0] = vm.updateDomain;
}
