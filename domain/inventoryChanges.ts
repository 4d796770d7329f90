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
  const pairs = yield* pairsOf(known, listing.vms);
  const { listed, absent, bySubscription } = pairs;
  const moves = movesOf(absent, listed);
  const notBelieved: { subscriptionId: string; why: string }[] = [];
  const changes: Changes = { present: [], added: [], changed: [], moved: [], buried: [], removed: [] };
  const doubted = new Set<string>();
  const missing = groupedBy(stayed(absent, moves), keyOfSubscription);
  const subscriptions = [...bySubscription.keys()].sort();
  for (const subscriptionId of subscriptions) {
    const why = doubt(
      bySubscription.get(subscriptionId) ?? NOTHING_SEEN,
      missing.get(subscriptionId) ?? [],
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
  const left = groupedBy(stayed(absent, moves), keyOfSubscription);
  for (const subscriptionId of subscriptions) {
    if (doubted.has(subscriptionId)) changes.present.push(...presentIn(subscriptionId, known, moves));
    else {
      const { places } = bySubscription.get(subscriptionId) ?? NOTHING_SEEN;
      yield* compare(places, pairs, { changes, arrived });
      bury(left.get(subscriptionId) ?? [], changes, nowUtc);
    }
  }
  return { ...changes, notBelieved };
}

/** What is known and what is listed, VM by VM. */
interface Pairs {
  readonly listed: readonly VirtualMachine[];
  /** At the place of the VM in `listed`. */
  readonly before: readonly (KnownVm | undefined)[];
  /** Known, and not listed. */
  readonly absent: readonly KnownVm[];
  readonly bySubscription: ReadonlyMap<string, SeenOfSubscription>;
}

interface SeenOfSubscription {
  /** Of its VMs in `listed`. */
  readonly places: number[];
  /** Known VMs that the last listing had and this one has. */
  stillPresentCount: number;
}

const NOTHING_SEEN: SeenOfSubscription = { places: [], stillPresentCount: 0 };

/** A large fleet is looked up once for each VM: each look is a miss of the processor's caches. */
function* pairsOf(known: readonly KnownVm[], vms: readonly VirtualMachine[]): Generator<number, Pairs> {
  const bySubscription = new Map<string, SeenOfSubscription>();
  const seenOf = (vm: VirtualMachine): SeenOfSubscription => {
    const key = keyOfSubscription(vm);
    let seen = bySubscription.get(key);
    if (seen === undefined) bySubscription.set(key, (seen = { places: [], stillPresentCount: 0 }));
    return seen;
  };
  const placeOf = new Map<VmId, number>();
  const listed: VirtualMachine[] = [];
  for (const vm of vms) {
    if (listed.length % STEP_VMS === STEP_VMS - 1) yield STEP_VMS;
    const place = placeOf.get(vm.id) ?? listed.length;
    if (place === listed.length) {
      placeOf.set(vm.id, place);
      seenOf(vm).places.push(place);
    }
    listed[place] = vm;
  }
  const before: (KnownVm | undefined)[] = new Array<undefined>(listed.length).fill(undefined);
  const absent: KnownVm[] = [];
  for (const [n, vm] of known.entries()) {
    if (n % STEP_VMS === STEP_VMS - 1) yield STEP_VMS;
    const place = placeOf.get(vm.id);
    const seen = seenOf(vm);
    if (place === undefined) absent.push(vm);
    else {
      before[place] = vm;
      if (vm.goneUtc === undefined) seen.stillPresentCount += 1;
    }
  }
  return { listed, before, absent, bySubscription };
}

/** Those that were not moved away. */
function stayed(absent: readonly KnownVm[], moves: ReadonlyMap<VmId, MovedVm>): readonly KnownVm[] {
  return moves.size === 0 ? absent : absent.filter(({ id }) => !moves.has(id));
}

/** Of a subscription whose listing is not believed: as they were. */
function presentIn(
  subscriptionId: string,
  known: readonly KnownVm[],
  moves: ReadonlyMap<VmId, MovedVm>,
): readonly KnownVm[] {
  return known.filter(
    (vm) => keyOfSubscription(vm) === subscriptionId && vm.goneUtc === undefined && !moves.has(vm.id),
  );
}

/** A VM that is not listed under its id any more, and whose GUID one other VM of the listing has: by the id that it had. */
function movesOf(known: readonly KnownVm[], listed: readonly VirtualMachine[]): Map<VmId, MovedVm> {
  const absent = byUniqueId(known);
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
  { places, stillPresentCount }: SeenOfSubscription,
  missing: readonly KnownVm[],
  incomplete: string | undefined,
  { inventoryFewerPercent }: Pick<Policy, 'inventoryFewerPercent'>,
): string | null {
  if (incomplete !== undefined) return `The platform did not list it to the end: ${incomplete}`;
  const fewer = missing.filter(({ goneUtc }) => goneUtc === undefined).length;
  const present = stillPresentCount + fewer;
  const isMany = fewer >= FEWER_MIN || places.length === 0;
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
  places: readonly number[],
  { listed, before: knownAt }: Pairs,
  {
    changes,
    arrived,
  }: { readonly changes: Changes; readonly arrived: ReadonlyMap<VmId, readonly MovedVm[]> },
): Generator<number, void> {
  for (const place of places) {
    if (changes.present.length % STEP_VMS === STEP_VMS - 1) yield STEP_VMS;
    const vm = listed[place];
    if (vm === undefined) continue;
    const before = knownAt[place];
    const moves = arrived.size === 0 ? NO_MOVES : (arrived.get(vm.id) ?? NO_MOVES);
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
}

function bury(absent: readonly KnownVm[], changes: Changes, nowUtc: string): void {
  for (const before of absent)
    if (before.goneUtc === undefined) changes.buried.push({ ...before, goneUtc: nowUtc });
    else if (before.goneUtc < nowUtc) changes.removed.push(before.id);
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
  if (sameAs.get(before) === after) return true;
  const same = saysTheSame(before, after);
  if (same) sameAs.set(before, after);
  return same;
}

/** Of a VM that is there. */
export const saysTheSame = (before: KnownVm, after: KnownVm): boolean =>
  before.goneUtc === undefined && MEMBERS.every((member) => isEqual(before[member], after[member]));

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
