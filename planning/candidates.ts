import { standaloneShare } from '../domain/disruption';
import { eligibility } from '../domain/eligibility';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import { imageFamilyOf } from '../domain/imageFamily';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { calendarOf } from '../domain/ownWindows';
import { tagOf } from '../domain/tags';
import { timeZoneOf } from '../domain/timeZone';
import { assignUpdateDomains } from '../domain/updateDomains';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { Plan } from './plan';

/**
 * The eligible VMs in the order of the month, as columns: a VM is its position, and what repeats (time zone, subscription, image family)
 * is a number.
 */
export interface Candidates {
  readonly vms: readonly VirtualMachine[];
  readonly timeZone: Int32Array;
  readonly subscription: Int32Array;
  readonly family: Int32Array;
  /** 1 for VMs that the month before left over. */
  readonly carried: Uint8Array;
  /** Calendars (`calendarOf`): a zone, with the name of own windows where its VMs have some. */
  readonly timeZoneNames: readonly string[];
  readonly subscriptionNames: readonly string[];
  readonly familyCount: number;
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

/** Numbers names in the order in which they are first seen. */
class Names {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

export function sortOut(
  inventory: readonly VirtualMachine[],
  policy: Policy,
  {
    carriedOver,
    held,
  }: { readonly carriedOver: ReadonlySet<string>; readonly held: ReadonlyMap<VmId, Because> },
): { readonly candidates: Candidates; readonly ineligible: Plan['ineligible'] } {
  const vms: VirtualMachine[] = [];
  const ineligible: Plan['ineligible'] = [];
  for (const vm of inventory) {
    const answer = eligibility(vm, policy);
    const hold = held.size === 0 ? undefined : held.get(vm.id);
    if (answer.kind === 'eligible' && hold !== undefined)
      ineligible.push({ vmId: vm.id, reason: hold.reason, detail: hold.detail });
    else if (answer.kind === 'eligible') vms.push(vm);
    else ineligible.push({ vmId: vm.id, reason: answer.reason, detail: answer.detail });
  }
  return { candidates: columnsOf(vms, policy, carriedOver), ineligible };
}

export function columnsOf(
  vms: readonly VirtualMachine[],
  policy: Policy,
  carriedOver: ReadonlySet<string>,
): Candidates {
  const zoneNames = new Names();
  const subscriptions = new Names();
  const families = new Names();
  const zoneOf = timeZoneNumbers(policy, zoneNames);
  const familyOf = familyNumbers(families);
  const timeZone = new Int32Array(vms.length);
  const subscription = new Int32Array(vms.length);
  const family = new Int32Array(vms.length);
  const carried = new Uint8Array(vms.length);
  for (const [index, vm] of vms.entries()) {
    timeZone[index] = zoneOf(vm);
    subscription[index] = subscriptions.numberOf(vm.subscriptionId);
    family[index] = familyOf(vm);
    if (carriedOver.size > 0 && carriedOver.has(vm.id)) carried[index] = 1;
  }
  return {
    vms,
    timeZone,
    subscription,
    family,
    carried,
    timeZoneNames: zoneNames.names,
    subscriptionNames: subscriptions.names,
    familyCount: families.names.length,
  };
}

/** Without a tag, the zone follows from two names that repeat. */
function timeZoneNumbers(policy: Policy, names: Names): (vm: VirtualMachine) => number {
  const known = new Map<string, Map<string | null, number>>();
  return (vm) => {
    if (policy.ownWindows.length > 0)
      return names.numberOf(calendarOf(timeZoneOf(vm, policy).zone, vm, policy));
    if (tagOf(vm.tags, policy.timeZoneTag) !== undefined) return names.numberOf(timeZoneOf(vm, policy).zone);
    let ofRegion = known.get(vm.region);
    if (ofRegion === undefined) known.set(vm.region, (ofRegion = new Map<string | null, number>()));
    let number = ofRegion.get(vm.timeZone);
    if (number === undefined) {
      number = names.numberOf(timeZoneOf(vm, policy).zone);
      ofRegion.set(vm.timeZone, number);
    }
    return number;
  };
}

/** A marketplace image is three names that repeat. */
function familyNumbers(names: Names): (vm: VirtualMachine) => number {
  const known = new Map<string, Map<string, number>>();
  return (vm) => {
    if (vm.image === null || vm.customImage) return names.numberOf(imageFamilyOf(vm));
    const { publisher, offer, sku } = vm.image;
    let ofSku = known.get(sku);
    if (ofSku === undefined) known.set(sku, (ofSku = new Map<string, number>()));
    const rest = `${publisher}:${offer}`;
    let number = ofSku.get(rest);
    if (number === undefined) {
      number = names.numberOf(imageFamilyOf(vm));
      ofSku.set(rest, number);
    }
    return number;
  };
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

export function inventoryFacts(inventory: readonly VirtualMachine[], policy: Policy): InventoryFacts {
  const setSizes = new Map<AvailabilitySetId, number>();
  const standalone = new Map<string, Map<string, number>>();
  for (const { availabilitySetId: set, region, subscriptionId } of inventory) {
    if (set !== null) {
      setSizes.set(set, (setSizes.get(set) ?? 0) + 1);
      continue;
    }
    let here = standalone.get(region);
    if (here === undefined) standalone.set(region, (here = new Map<string, number>()));
    here.set(subscriptionId, (here.get(subscriptionId) ?? 0) + 1);
  }
  return factsOf(policy, setSizes, (region, subscription) => standalone.get(region)?.get(subscription) ?? 0);
}

/** Update domains for the members of sets that do not say theirs; the other VMs are not looked at. */
export function withUpdateDomains(inventory: readonly VirtualMachine[]): readonly VirtualMachine[] {
  const incomplete = new Set<AvailabilitySetId>();
  for (const { availabilitySetId: set, updateDomain } of inventory)
    if (set !== null && updateDomain === null) incomplete.add(set);
  if (incomplete.size === 0) return inventory;
  const at: number[] = [];
  const members: VirtualMachine[] = [];
  for (const [index, vm] of inventory.entries()) {
    if (vm.availabilitySetId === null || !incomplete.has(vm.availabilitySetId)) continue;
    at.push(index);
    members.push(vm);
  }
  const result = [...inventory];
  for (const [n, vm] of assignUpdateDomains(members).entries()) result[at[n] ?? 0] = vm;
  return result;
}
