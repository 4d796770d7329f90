import { z } from 'zod';
import { groupedBy } from './groupedBy';
import { SWEEP_EARLY_SECONDS, dueAtSweepUtc } from './hourlySweep';
import { secondsBetween } from './instants';
import { Utc, type VmId } from './ids';
import type { Policy } from './policy';
import { VirtualMachine } from './virtualMachine';
import { DAY_SECONDS } from './timeUnits';

/** A VM that is known; `goneUtc` when the last listing did not have it, `formerIds` when it had other ids before, the latest first. */
export type KnownVm = VirtualMachine & { readonly goneUtc?: string; readonly formerIds?: readonly VmId[] };

/** One and the same VM under another id: it was moved to another resource group or subscription. */
export interface MovedVm {
  readonly from: KnownVm;
  readonly to: KnownVm;
}

/** What the platform listed. A subscription that it could not list to the end is named, with its reason. */
export interface Listing {
  readonly vms: readonly VirtualMachine[];
  readonly incomplete: ReadonlyMap<string, string>;
}

/** A listing that agreed with the whole inventory: while nothing writes to that, another one like it changes nothing. */
export const AgreedListing = z.object({
  fingerprint: z.string(),
  comparedUtc: Utc,
  /** So often the platform is asked until the next comparison, and writes nothing while it lists the same. Absent in rows of before. */
  everySeconds: z.number().exactOptional(),
});
export type AgreedListing = Readonly<z.infer<typeof AgreedListing>>;

/** The whole inventory is compared once a day, whatever was listed. */
export const isCompared = ({ comparedUtc }: AgreedListing, nowUtc: string): boolean =>
  secondsBetween(comparedUtc, nowUtc) < DAY_SECONDS - SWEEP_EARLY_SECONDS;

/** When the inventory is to be compared again: with the first listing that is a day later. */
export function comparisonUtc({ comparedUtc, everySeconds = DAY_SECONDS }: AgreedListing): string {
  const every = Math.max(1, everySeconds);
  return dueAtSweepUtc(comparedUtc, Math.ceil(DAY_SECONDS / every) * every);
}

/** How often the platform was to be asked by now, since the inventory was compared. */
export function listingsDue({ comparedUtc, everySeconds }: AgreedListing, nowUtc: string): number {
  if (everySeconds === undefined) return 0;
  return Math.floor((secondsBetween(comparedUtc, nowUtc) + SWEEP_EARLY_SECONDS) / Math.max(1, everySeconds));
}

export interface InventoryChanges {
  /** As far as it is believed, the fleet as it is now. */
  readonly present: readonly VirtualMachine[];
  readonly added: readonly VirtualMachine[];
  readonly changed: readonly { readonly before: KnownVm; readonly after: KnownVm }[];
  /** Neither gone nor new. */
  readonly moved: readonly MovedVm[];
  /** Not listed any more: a tombstone, should the next listing have it again. */
  readonly buried: readonly KnownVm[];
  /** Tombstones that a second listing did not have either. */
  readonly removed: readonly VmId[];
  readonly notBelieved: readonly { readonly subscriptionId: string; readonly why: string }[];
}

/** Fewer VMs less than this are what owners do in a day, however small the subscription. */
const FEWER_MIN = 10;

/** VMs that are compared in one step: about a millisecond. */
const STEP_VMS = 256;

/**
 * What a listing changes. It is believed for each subscription by itself: where it is incomplete, or suddenly much smaller, nothing of that
 * subscription changes, because a fleet that seems to vanish is nearly always a permission or an outage. Worked out in steps, each of so many
 * VMs, between which other work can be done: all of a large fleet takes a second.
 */
export function* inventoryChanges(
  known: readonly KnownVm[],
  listing: Listing,
  policy: Pick<Policy, 'inventoryFewerPercent'>,
  nowUtc: string,
): Generator<number, InventoryChanges> {
  const before = yield* bySubscription(known);
  const now = yield* bySubscription(listing.vms);
  const moves = yield* movesOf(known, now, listing.vms);
  const notBelieved: { subscriptionId: string; why: string }[] = [];
  const changes: Changes = { present: [], added: [], changed: [], moved: [], buried: [], removed: [] };
  const doubted = new Set<string>();
  const subscriptions = [...new Set([...before.keys(), ...now.keys()])].sort();
  for (const subscriptionId of subscriptions) {
    const why = doubt(
      stayed(before.get(subscriptionId) ?? NO_VMS, moves),
      now.get(subscriptionId) ?? NO_VMS,
      listing.incomplete.get(subscriptionId),
      policy,
    );
    if (why === null) continue;
    notBelieved.push({ subscriptionId, why });
    doubted.add(subscriptionId);
  }
  // What a subscription lists that is not believed has not arrived there.
  for (const [id, { to }] of moves) if (doubted.has(keyOfSubscription(to))) moves.delete(id);
  const arrived = groupedBy(moves.values(), ({ to }) => to.id);
  for (const subscriptionId of subscriptions) {
    const knownHere = stayed(before.get(subscriptionId) ?? NO_VMS, moves);
    if (doubted.has(subscriptionId)) {
      for (const vm of knownHere.values()) if (vm.goneUtc === undefined) changes.present.push(vm);
    } else yield* compare(knownHere, now.get(subscriptionId) ?? NO_VMS, { changes, arrived }, nowUtc);
  }
  return { ...changes, notBelieved };
}

const NO_VMS: ReadonlyMap<VmId, KnownVm> = new Map();

/** Those that were not moved away. */
function stayed(
  known: ReadonlyMap<VmId, KnownVm>,
  moves: ReadonlyMap<VmId, MovedVm>,
): ReadonlyMap<VmId, KnownVm> {
  return moves.size === 0 ? known : new Map([...known].filter(([id]) => !moves.has(id)));
}

/** A VM that is not listed under its id any more, and whose GUID one other VM of the listing has: by the id that it had. */
function* movesOf(
  known: readonly KnownVm[],
  now: ReadonlyMap<string, ReadonlyMap<VmId, VirtualMachine>>,
  listed: readonly VirtualMachine[],
): Generator<number, Map<VmId, MovedVm>> {
  // A VM's id begins with its subscription.
  const absent = byUniqueId(known.filter((vm) => now.get(keyOfSubscription(vm))?.has(vm.id) !== true));
  yield known.length;
  const moves = new Map<VmId, MovedVm>();
  if (absent.size === 0) return moves;
  for (const [uniqueId, [to, another]] of byUniqueId(listed)) {
    // Two VMs of one GUID are a file that was copied: it says nothing of either.
    if (to === undefined || another !== undefined) continue;
    for (const from of absent.get(uniqueId) ?? []) moves.set(from.id, { from, to });
  }
  return moves;
}

function byUniqueId<V extends VirtualMachine>(vms: readonly V[]): Map<string, V[]> {
  return groupedBy(vms, ({ uniqueId }) => uniqueId ?? null);
}

function doubt(
  known: ReadonlyMap<VmId, KnownVm>,
  listed: ReadonlyMap<VmId, VirtualMachine>,
  incomplete: string | undefined,
  { inventoryFewerPercent }: Pick<Policy, 'inventoryFewerPercent'>,
): string | null {
  if (incomplete !== undefined) return `The platform did not list it to the end: ${incomplete}`;
  let present = 0;
  let fewer = 0;
  for (const [id, { goneUtc }] of known) {
    if (goneUtc !== undefined) continue;
    present += 1;
    if (!listed.has(id)) fewer += 1;
  }
  const isMany = fewer >= FEWER_MIN || listed.size === 0;
  if (fewer === 0 || !isMany || fewer * 100 <= present * inventoryFewerPercent) return null;
  return `${fewer} of the ${present} VMs that are known are missing, more than ${inventoryFewerPercent} %.`;
}

interface Changes {
  readonly present: VirtualMachine[];
  readonly added: VirtualMachine[];
  readonly changed: { before: KnownVm; after: KnownVm }[];
  readonly moved: MovedVm[];
  readonly buried: KnownVm[];
  readonly removed: VmId[];
}

const NO_MOVES: readonly MovedVm[] = [];

function* compare(
  known: ReadonlyMap<VmId, KnownVm>,
  listed: ReadonlyMap<VmId, VirtualMachine>,
  {
    changes,
    arrived,
  }: { readonly changes: Changes; readonly arrived: ReadonlyMap<VmId, readonly MovedVm[]> },
  nowUtc: string,
): Generator<number, void> {
  for (const [id, vm] of listed) {
    if (changes.present.length % STEP_VMS === STEP_VMS - 1) yield STEP_VMS;
    const before = known.get(id);
    const moves = arrived.get(id) ?? NO_MOVES;
    changes.present.push(vm);
    const after =
      moves.length === 0 && before?.formerIds === undefined
        ? vm
        : withFormerIds(vm, [
            ...moves.flatMap(({ from }) => [from.id, ...(from.formerIds ?? [])]),
            ...(before?.formerIds ?? []),
          ]);
    if (moves.length > 0) changes.moved.push(...moves.map(({ from }) => ({ from, to: after })));
    else if (before === undefined) changes.added.push(after);
    else if (!isSame(before, after)) changes.changed.push({ before, after });
  }
  for (const [id, before] of known) {
    if (listed.has(id)) continue;
    if (before.goneUtc === undefined) changes.buried.push({ ...before, goneUtc: nowUtc });
    else if (before.goneUtc < nowUtc) changes.removed.push(id);
  }
}

/** So many of its former ids are remembered of a VM. */
const FORMER_IDS_MAX = 5;

function withFormerIds(vm: VirtualMachine, ids: readonly VmId[]): KnownVm {
  if (ids.length === 0) return vm;
  const formerIds = [...new Set(ids)].filter((id) => id !== vm.id).slice(0, FORMER_IDS_MAX);
  return formerIds.length === 0 ? vm : { ...vm, formerIds };
}

const MEMBERS = [...(Object.keys(VirtualMachine.shape) as (keyof VirtualMachine)[]), 'formerIds'] as const;

/** What a known VM was found to be the same as. A row of the store in memory and a VM that some drivers list are the same objects until something changes. */
const sameAs = new WeakMap<KnownVm, KnownVm>();

/** Members in another order are no change. Listings come every few hours, and hardly a VM differs: no text is made of what is equal. */
function isSame(before: KnownVm, after: KnownVm): boolean {
  if (before.goneUtc !== undefined) return false;
  if (sameAs.get(before) === after) return true;
  const same = MEMBERS.every((member) => isEqual(before[member], after[member]));
  if (same) sameAs.set(before, after);
  return same;
}

/** Of values that JSON can say. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && isEqual(Reflect.get(a, name), Reflect.get(b, name)));
}

const keyOfSubscription = ({ subscriptionId }: VirtualMachine): string => subscriptionId.toLowerCase();

function* bySubscription<V extends VirtualMachine>(
  vms: readonly V[],
): Generator<number, Map<string, Map<VmId, V>>> {
  const found = new Map<string, Map<VmId, V>>();
  for (const [n, vm] of vms.entries()) {
    if (n % STEP_VMS === STEP_VMS - 1) yield STEP_VMS;
    const key = keyOfSubscription(vm);
    const here = found.get(key);
    if (here === undefined) found.set(key, new Map([[vm.id, vm]]));
    else here.set(vm.id, vm);
  }
  return found;
}
