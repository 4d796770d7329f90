import { createHash, hash } from 'node:crypto';
import { isAssessed } from '../../domain/eligibility';
import { earlier } from '../../domain/instants';
import { nextAssessmentUtc } from '../../domain/assessmentTimes';
import type { VmId } from '../../domain/ids';
import {
  inventoryChanges,
  isCompared,
  type AgreedListing,
  type InventoryChanges,
  type Listing,
} from '../../domain/inventoryChanges';
import type { Policy } from '../../domain/policy';
import { chance, hash53 } from '../../domain/seed';
import { timeZoneOf } from '../../domain/timeZone';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { InventoryPage } from '../../drivers/driver';
import type { ScheduledAssessment } from '../../store/assessments';
import type { InventoryRow } from '../../store/inventory';
import { PAGE_OF_ONE_REQUEST, type ListPage } from '../../store/listPage';
import { saveBudgetSizes } from '../budgets/budgetShares';
import { isSameList, keepAgreed, sameAsAgreed } from './agreedListing';
import { followMoved, noteMovedSets } from './followMoved';
import { joinRollout } from '../rollout/joinRollout';
import type { Services } from '../services';
import { sideBySide } from '../sideBySide';
import { countedSlices, SLICE_ITEMS, stepsInSlices } from '../slices';

/**
 * Asks the platform which VMs there are, and keeps what is new, changed or gone. With `accept` a person has said that a fleet that became so
 * small is right; what the platform itself calls incomplete is believed never.
 */
export async function takeListing(
  services: Services,
  { accept = false, changesMax = Infinity, agreed = null }: ListingOptions = {},
): Promise<TakenListing> {
  const { inventory, policy } = services;
  const nowUtc = services.nowUtc();
  const listing = await listAll(services);
  const fingerprint = await fingerprintOf(listing.vms, policy);
  if (agreed?.fingerprint === fingerprint && listing.incomplete.size === 0 && isCompared(agreed, nowUtc))
    return { ...NOTHING_CHANGED, present: listing.vms, agreed };
  const known = await rowsOf(inventory);
  const believed = accept ? { inventoryFewerPercent: 100 } : policy;
  const all =
    sameAsAgreed(known, listing) ?? (await stepsInSlices(inventoryChanges(known, listing, believed, nowUtc)));
  const some = firstOf(all, changesMax);
  const { present, added, changed, buried, removed, notBelieved } = some.changes;
  // Schedule and sizes before the inventory: a repeat after a crash in between finds the same VMs changed. Of a fleet as it was nothing is read again.
  if (added.length + changed.length + some.changes.moved.length + buried.length > 0) {
    await reschedule(services, some.changes, nowUtc);
    await inventory.saveSetSizes(present);
  }
  await joinRollout(services, added);
  const moved = await followMoved(services, some.changes.moved);
  const changes = { ...some.changes, moved };
  const remaining = some.remaining + some.changes.moved.length - moved.length;
  await noteMovedSets(services, moved);
  const arrived = new Map(moved.map(({ to }) => [to.id, to])).values();
  await inventory.change({
    upsert: [...added, ...changed.map(({ after }) => after), ...arrived, ...buried],
    remove: [...removed, ...moved.map(({ from }) => from.id)],
  });
  if (remaining > 0) return { ...changes, remaining, agreed: null };
  const isAsKnown =
    countOf(changes) + notBelieved.length === 0 && known.every(({ goneUtc }) => goneUtc === undefined);
  const next = isAsKnown ? { fingerprint, comparedUtc: nowUtc } : null;
  if (isAsKnown) keepAgreed(known, listing.vms, all);
  if (next !== null && agreed?.fingerprint === fingerprint) return { ...changes, remaining, agreed: next };
  await saveBudgetSizes(services, policy, present);
  await inventory.saveListing({ atUtc: nowUtc, vmCount: present.length, notBelieved: [...notBelieved] });
  for (const { subscriptionId, why } of notBelieved)
    await services.audit.append('inventory', `${nowUtc.slice(0, 10)}~${subscriptionId}`, {
      atUtc: nowUtc,
      who: 'lowtide',
      what: 'listingDoubted',
      subject: subscriptionId,
      vmId: null,
      why: `${why} Nothing of it was changed.`,
      evidence: {},
    });
  return { ...changes, remaining, agreed: next };
}

export interface ListingOptions {
  readonly accept?: boolean;
  readonly changesMax?: number;
  /** What the last listing agreed with, as long as nothing wrote to the inventory. */
  readonly agreed?: AgreedListing | null;
}

export interface TakenListing extends InventoryChanges {
  readonly remaining: number;
  /** Null when the inventory is not, or not yet, what was listed. */
  readonly agreed: AgreedListing | null;
}

const NOTHING_CHANGED = {
  added: [],
  changed: [],
  moved: [],
  buried: [],
  removed: [],
  notBelieved: [],
  remaining: 0,
} satisfies Partial<TakenListing>;

const countOf = ({ added, changed, moved, buried, removed }: InventoryChanges): number =>
  added.length + changed.length + moved.length + buried.length + removed.length;

const fingerprints = new WeakMap<
  VirtualMachine,
  {
    readonly vms: readonly VirtualMachine[];
    readonly budgets: Policy['budgets'];
    readonly fingerprint: string;
  }
>();

/** Of the fleet in whatever order it is listed, and of the budgets that its VMs are counted by. */
async function fingerprintOf(vms: readonly VirtualMachine[], policy: Policy): Promise<string> {
  const { budgets } = policy;
  const before = vms[0] && fingerprints.get(vms[0]);
  if (before?.budgets === budgets && isSameList(before.vms, vms)) return before.fingerprint;
  const fingerprint = await newFingerprint(vms, policy);
  if (vms[0] !== undefined) fingerprints.set(vms[0], { vms, budgets, fingerprint });
  return fingerprint;
}

async function newFingerprint(vms: readonly VirtualMachine[], { budgets }: Policy): Promise<string> {
  const all = createHash('sha256').update(JSON.stringify(budgets));
  // Sorted in one piece, 100,000 VMs would hold up every request for a fifth of a second.
  const parts = Array.from({ length: Math.ceil(vms.length / SLICE_ITEMS) }, (): string[] => []);
  const next = countedSlices();
  for (let start = 0; start < vms.length; start += SLICE_ITEMS) {
    const slice = vms.slice(start, start + SLICE_ITEMS).map(digestOf);
    for (const digest of slice) parts[hash53(digest) % parts.length]?.push(digest);
    await next(slice.length);
  }
  for (const part of parts) {
    all.update(part.sort().join());
    await next(part.length);
  }
  return all.digest('hex');
}

/** Some drivers list the same object until something of the VM changes. */
const digests = new WeakMap<VirtualMachine, string>();

function digestOf(vm: VirtualMachine): string {
  const known = digests.get(vm);
  if (known !== undefined) return known;
  const digest = hash('sha256', JSON.stringify(vm), 'base64');
  digests.set(vm, digest);
  return digest;
}

/** VMs that one call follows to their new ids: each is a dozen requests. */
const MOVED_MAX = 300;

/** So many changes at most. What is left is found again by the next call, which compares with what stands by then. */
function firstOf(
  all: InventoryChanges,
  changesMax: number,
): { readonly changes: InventoryChanges; readonly remaining: number } {
  const { added, changed, moved, buried, removed } = all;
  const count = added.length + changed.length + moved.length + buried.length;
  if (count <= changesMax && moved.length <= MOVED_MAX) return { changes: all, remaining: 0 };
  const left = (taken: number): number => Math.max(0, changesMax - taken);
  const changes = {
    ...all,
    added: added.slice(0, changesMax),
    changed: changed.slice(0, left(added.length)),
    moved: moved.slice(0, Math.min(MOVED_MAX, left(added.length + changed.length))),
    buried: buried.slice(0, left(added.length + changed.length + moved.length)),
    removed: [],
  };
  const taken = changes.added.length + changes.changed.length + changes.moved.length + changes.buried.length;
  return { changes, remaining: count - taken + removed.length };
}

async function listAll({ driver, inventory }: Services): Promise<Listing> {
  const vms: VirtualMachine[] = [];
  const incomplete = new Map<string, string>();
  const next = countedSlices();
  let cursor: string | null = null;
  do {
    const page = await driver.listVirtualMachines(cursor);
    vms.push(...(await withKnownDomains(inventory, page)));
    for (const { subscriptionId, why } of page.incomplete ?? [])
      incomplete.set(subscriptionId.toLowerCase(), why);
    cursor = page.next;
    await next(page.items.length);
  } while (cursor !== null);
  return { vms, incomplete };
}

/** An update domain that could not be read now is the one that is known, as long as it is the same VM of the same set. */
async function withKnownDomains(
  inventory: Services['inventory'],
  { items, domainsNotRead = [] }: InventoryPage,
): Promise<InventoryPage['items']> {
  if (domainsNotRead.length === 0) return items;
  const known = new Map(
    await sideBySide(domainsNotRead, async (id) => [id, await inventory.read(id)] as const),
  );
  return items.map((vm) => {
    const before = known.get(vm.id);
    if (before?.uniqueId !== vm.uniqueId || before?.availabilitySetId !== vm.availabilitySetId) return vm;
    return Object.assign({}, vm, { updateDomain: before.updateDomain });
  });
}

async function rowsOf(inventory: Services['inventory']): Promise<readonly InventoryRow[]> {
  const rows: InventoryRow[] = [];
  const next = countedSlices();
  for (let after: string | null = ''; after !== null;) {
    const page: ListPage<InventoryRow> = await inventory.rowsPage(after, PAGE_OF_ONE_REQUEST);
    rows.push(...page.value);
    after = page.next;
    await next(page.value.length);
  }
  return rows;
}

/**
 * Each VM that is to be assessed is due once, by the time zone that it has now; the others are not due. Reads the whole schedule, which is no
 * more than the listing that it belongs to.
 */
async function reschedule(
  { assessments, agenda, policy }: Services,
  { added, changed, moved, buried }: InventoryChanges,
  nowUtc: string,
): Promise<void> {
  const touched = new Map<VmId, VirtualMachine | null>([
    ...[...added, ...changed.map(({ after }) => after), ...moved.map(({ to }) => to)].map(
      (vm) => [vm.id, isAssessed(vm, policy) ? vm : null] as const,
    ),
    ...buried.map(({ id }) => [id, null] as const),
  ]);
  const movedTo = new Map(moved.map(({ from, to }) => [from.id, to.id]));
  const moves: { from: ScheduledAssessment; to: ScheduledAssessment | null }[] = [];
  const scheduled = new Set<VmId>();
  for (const from of await assessments.all()) {
    const vmId = movedTo.get(from.vmId) ?? from.vmId;
    const vm = touched.get(vmId);
    if (vm === undefined) continue;
    const isSecond = scheduled.has(vmId);
    scheduled.add(vmId);
    const timeZone = vm === null || isSecond ? null : timeZoneOf(vm, policy).zone;
    if (timeZone === from.timeZone && vmId === from.vmId) continue;
    const dueUtc =
      timeZone === from.timeZone
        ? from.dueUtc
        : timeZone === null
          ? null
          : nextAssessmentUtc(timeZone, policy, nowUtc, 0);
    moves.push({ from, to: timeZone === null || dueUtc === null ? null : { vmId, timeZone, dueUtc } });
  }
  const isBack = new Set(
    changed.filter(({ before }) => before.goneUtc !== undefined).map(({ after }) => after.id),
  );
  const fresh = [...touched.values()].flatMap((vm): ScheduledAssessment[] => {
    if (vm === null || scheduled.has(vm.id)) return [];
    const timeZone = timeZoneOf(vm, policy).zone;
    // New ones are spread over one period, so that the fleet is not assessed all at once. One that a listing did not have may have been due by then (INV-16).
    const share = isBack.has(vm.id) ? 0 : chance('first assessment', vm.id);
    return [{ vmId: vm.id, timeZone, dueUtc: nextAssessmentUtc(timeZone, policy, nowUtc, share) }];
  });
  if (moves.length > 0) await assessments.move(moves);
  if (fresh.length > 0) await assessments.schedule(fresh);
  const due = [...fresh, ...moves.flatMap(({ to }) => (to === null ? [] : [to]))].map(({ dueUtc }) => dueUtc);
  if (due.length > 0) await agenda.soonest('assessments', due.reduce(earlier), nowUtc);
}
