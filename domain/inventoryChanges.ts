import type { VmId } from './ids';
import type { Policy } from './policy';
import type { VirtualMachine } from './virtualMachine';

/** A VM that is known; `goneUtc` when the last listing did not have it. */
export type KnownVm = VirtualMachine & { readonly goneUtc?: string };

/** What the platform listed. A subscription that it could not list to the end is named, with its reason. */
export interface Listing {
  readonly vms: readonly VirtualMachine[];
  readonly incomplete: ReadonlyMap<string, string>;
}

export interface InventoryChanges {
  /** As far as it is believed, the fleet as it is now. */
  readonly present: readonly VirtualMachine[];
  readonly added: readonly VirtualMachine[];
  readonly changed: readonly { readonly before: KnownVm; readonly after: VirtualMachine }[];
  /** Not listed any more: a tombstone, should the next listing have it again. */
  readonly buried: readonly KnownVm[];
  /** Tombstones that a second listing did not have either. */
  readonly removed: readonly VmId[];
  readonly notBelieved: readonly { readonly subscriptionId: string; readonly why: string }[];
}

/** Fewer VMs less than this are what owners do in a day, however small the subscription. */
const FEWER_MIN = 10;

/**
 * What a listing changes. It is believed for each subscription by itself: where it is incomplete, or suddenly much smaller, nothing of that
 * subscription changes, because a fleet that seems to vanish is nearly always a permission or an outage.
 */
export function inventoryChanges(
  known: readonly KnownVm[],
  listing: Listing,
  policy: Pick<Policy, 'inventoryFewerPercent'>,
  nowUtc: string,
): InventoryChanges {
  const before = bySubscription(known);
  const now = bySubscription(listing.vms);
  const notBelieved: { subscriptionId: string; why: string }[] = [];
  const changes = {
    present: [] as VirtualMachine[],
    added: [] as VirtualMachine[],
    changed: [] as { before: KnownVm; after: VirtualMachine }[],
    buried: [] as KnownVm[],
    removed: [] as VmId[],
  };
  for (const subscriptionId of [...new Set([...before.keys(), ...now.keys()])].sort()) {
    const knownHere = before.get(subscriptionId) ?? new Map<VmId, KnownVm>();
    const listed = now.get(subscriptionId) ?? new Map<VmId, KnownVm>();
    const why = doubt(knownHere, listed, listing.incomplete.get(subscriptionId), policy);
    if (why !== null) {
      notBelieved.push({ subscriptionId, why });
      changes.present.push(...[...knownHere.values()].filter(({ goneUtc }) => goneUtc === undefined));
      continue;
    }
    compare(knownHere, listed, changes, nowUtc);
  }
  return { ...changes, notBelieved };
}

function doubt(
  known: ReadonlyMap<VmId, KnownVm>,
  listed: ReadonlyMap<VmId, VirtualMachine>,
  incomplete: string | undefined,
  { inventoryFewerPercent }: Pick<Policy, 'inventoryFewerPercent'>,
): string | null {
  if (incomplete !== undefined) return `The platform did not list it to the end: ${incomplete}`;
  const present = [...known.values()].filter(({ goneUtc }) => goneUtc === undefined);
  const fewer = present.filter(({ id }) => !listed.has(id)).length;
  const isMany = fewer >= FEWER_MIN || listed.size === 0;
  if (fewer === 0 || !isMany || fewer * 100 <= present.length * inventoryFewerPercent) return null;
  return `${fewer} of the ${present.length} VMs that are known are missing, more than ${inventoryFewerPercent} %.`;
}

function compare(
  known: ReadonlyMap<VmId, KnownVm>,
  listed: ReadonlyMap<VmId, VirtualMachine>,
  changes: {
    readonly present: VirtualMachine[];
    readonly added: VirtualMachine[];
    readonly changed: { before: KnownVm; after: VirtualMachine }[];
    readonly buried: KnownVm[];
    readonly removed: VmId[];
  },
  nowUtc: string,
): void {
  for (const [id, after] of listed) {
    const before = known.get(id);
    changes.present.push(after);
    if (before === undefined) changes.added.push(after);
    else if (!isSame(before, after)) changes.changed.push({ before, after });
  }
  for (const [id, before] of known) {
    if (listed.has(id)) continue;
    if (before.goneUtc === undefined) changes.buried.push({ ...before, goneUtc: nowUtc });
    else if (before.goneUtc < nowUtc) changes.removed.push(id);
  }
}

/** Listings come every few hours, and hardly a VM differs: texts of whole VMs are not made to find that out. */
function isSame(before: KnownVm, after: VirtualMachine): boolean {
  const [one, other] = [Object.entries(before), after as Readonly<Record<string, unknown>>];
  if (one.length !== Object.keys(other).length) return false;
  return one.every(([member, value]) => value === other[member] || isSameObject(value, other[member]));
}

function isSameObject(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

function bySubscription<V extends VirtualMachine>(vms: readonly V[]): Map<string, Map<VmId, V>> {
  const found = new Map<string, Map<VmId, V>>();
  for (const vm of vms) {
    const key = vm.subscriptionId.toLowerCase();
    const here = found.get(key) ?? new Map<VmId, V>();
    found.set(key, here.set(vm.id, vm));
  }
  return found;
}
