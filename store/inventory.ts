import { z } from 'zod';
import { keyOf, Utc, VmId, type AvailabilitySetId } from '../domain/ids';
import { MovedSet } from '../domain/ledger';
import { VirtualMachine } from '../domain/virtualMachine';
import { forgetListed } from './agenda';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import { keyPart } from './rowValue';
import type { Row, Store, Table } from './store';

const VMS = 'vms';
const SETS = 'sets';
const LISTING = 'listing';
const LAST = 'last';
const BUDGETS = 'budgets';
const MOVED = 'moved';
const MOVED_SETS = 'movedSets';

const SetSize = z.object({ size: z.number().int(), members: z.array(VmId).default([]) });
type SetSize = z.infer<typeof SetSize>;

/**
 * A VM as it was listed last. One that is not listed any more is a tombstone at first: the next listing may have it again. `formerIds` of one
 * that was moved, the latest first.
 */
export const InventoryRow = VirtualMachine.extend({
  goneUtc: Utc.exactOptional(),
  formerIds: z.array(VmId).readonly().exactOptional(),
});
export type InventoryRow = Readonly<z.infer<typeof InventoryRow>>;

/** What the platform was asked last, and what of its answer was not believed. */
export const LastListing = z.object({
  atUtc: Utc,
  vmCount: z.number().int(),
  notBelieved: z.array(z.object({ subscriptionId: z.string(), why: z.string() })),
});
export type LastListing = Readonly<z.infer<typeof LastListing>>;

/** What Lowtide knows of the fleet, as of the last listing. */
export interface InventoryStore {
  /** Null for a VM that is not known, or gone. */
  read(id: VmId): Promise<InventoryRow | null>;
  /** The VMs that are there. */
  list(): Promise<readonly VirtualMachine[]>;
  /** Of those that are there, in the order of their keys, from behind `after`. */
  page(after: string, size: number): Promise<ListPage<VirtualMachine>>;
  /** These and those that are gone, in the order of their keys, from behind `after`. */
  rowsPage(after: string, size: number): Promise<ListPage<InventoryRow>>;
  change(changes: {
    readonly upsert: readonly InventoryRow[];
    readonly remove: readonly VmId[];
  }): Promise<void>;
  save(vm: VirtualMachine): Promise<void>;
  /** The id that a VM has since it was moved, however often; null for one that was not. */
  movedTo(id: VmId): Promise<VmId | null>;
  saveMove(from: VmId, to: VmId): Promise<void>;
  /** How many VMs the inventory has of an availability set, eligible or not. */
  setSize(id: AvailabilitySetId): Promise<number>;
  /** Its members in the inventory, eligible or not. */
  setMembers(id: AvailabilitySetId): Promise<readonly VmId[]>;
  /** How many VMs outside of availability sets the inventory has of a subscription in a region, eligible or not. */
  standaloneCount(subscriptionId: string, region: string): Promise<number>;
  /** Counts the sets, and the standalone VMs of each subscription and region, anew. */
  saveSetSizes(vms: readonly VirtualMachine[]): Promise<void>;
  /** How many VMs each budget of the policy is of; null before they were counted. */
  budgetSizes(): Promise<BudgetSizes | null>;
  saveBudgetSizes(sizes: BudgetSizes): Promise<void>;
  /** Sets that were moved and that no sweep has followed in the ledgers, in the order in which they were moved. */
  movedSets(): Promise<readonly PendingSet[]>;
  /** A row for each: what another host notes at the same time stands beside it. */
  noteMovedSets(sets: readonly LedgerSet[], atUtc: string): Promise<void>;
  forgetMovedSets(rows: readonly string[]): Promise<void>;
  lastListing(): Promise<LastListing | null>;
  saveListing(listing: LastListing): Promise<void>;
}

/** `selectors`: what they were counted by; of another selector a size says nothing. */
const BudgetSizes = z.object({
  sizes: z.record(z.string(), z.number().int()),
  selectors: z.record(z.string(), z.string()),
});
export type BudgetSizes = Readonly<z.infer<typeof BudgetSizes>>;

/** A set that was moved, and the ledger that has its claims. */
const LedgerSet = MovedSet.extend({ ledger: z.string() });
export type LedgerSet = Readonly<z.infer<typeof LedgerSet>>;
export type PendingSet = LedgerSet & { readonly row: string };

const parseLedgerSet = parsedOnce(LedgerSet);
const parseBudgetSizes = parsedOnce(BudgetSizes);
const Move = z.object({ to: VmId });
const parseMove = parsedOnce(Move);
/** A VM that was moved there and back is where it was. */
const MOVES_MAX = 8;

const parseSetSize = parsedOnce(SetSize);
const parseRow = parsedOnce(InventoryRow);
const parseListing = parsedOnce(LastListing);

const isThere = ({ goneUtc }: InventoryRow): boolean => goneUtc === undefined;

export function inventoryStore(store: Store): InventoryStore {
  const table = store.table('inventory');
  const rows = async (): Promise<InventoryRow[]> =>
    (await table.list(VMS)).map(({ value }) => parseRow(value));
  return {
    rowsPage: (after, size) => listPage(table, VMS, { after, size }, parseRow),
    list: async () => (await rows()).filter(isThere),
    page: async (after, size) => {
      const { value, next } = await listPage(table, VMS, { after, size }, parseRow);
      return { value: value.filter(isThere), next };
    },
    read: async (id) => {
      const row = await table.get(VMS, keyOf(id));
      const vm = row && parseRow(row.value);
      return vm?.goneUtc === undefined ? vm : null;
    },
    save: async (vm) => {
      await forgetListed(store);
      await table.upsert(VMS, keyOf(vm.id), vm);
    },
    movedTo: (id) => movedTo(table, id),
    saveMove: async (from, to) => {
      await table.upsert(MOVED, keyOf(from), { to });
      await table.write(MOVED, { upsert: [], remove: [keyOf(to)] });
    },
    change: async ({ upsert, remove }) => {
      if (upsert.length + remove.length === 0) return;
      await forgetListed(store);
      await table.write(VMS, {
        upsert: upsert.map((vm) => ({ row: keyOf(vm.id), value: vm })),
        remove: remove.map(keyOf),
      });
    },
    setSize: async (id) => {
      const row = await table.get(SETS, keyOf(id));
      return row ? parseSetSize(row.value).size : 1;
    },
    setMembers: async (id) => {
      const row = await table.get(SETS, keyOf(id));
      return row ? parseSetSize(row.value).members : [];
    },
    standaloneCount: async (subscriptionId, region) => {
      const row = await table.get(SETS, standaloneRow(subscriptionId, region));
      return row ? parseSetSize(row.value).size : 1;
    },
    saveSetSizes: async (vms) => {
      const known = new Map(
        (await table.list(SETS)).map(({ row, value }) => [row, JSON.stringify(parseSetSize(value))]),
      );
      const changed = setSizes(vms).filter(({ row, value }) => known.get(row) !== JSON.stringify(value));
      if (changed.length > 0) await table.write(SETS, { upsert: changed });
    },
    budgetSizes: async () => {
      const row = await table.get(LISTING, BUDGETS);
      return row && parseBudgetSizes(row.value);
    },
    saveBudgetSizes: (sizes) => table.upsert(LISTING, BUDGETS, sizes),
    movedSets: async () => {
      await noteFormerSets(table);
      return (await table.list(MOVED_SETS)).map(pendingSet);
    },
    noteMovedSets: (sets, atUtc) => table.write(MOVED_SETS, { upsert: sets.map(movedSetRow(atUtc)) }),
    forgetMovedSets: (remove) => table.write(MOVED_SETS, { remove }),
    lastListing: async () => {
      const row = await table.get(LISTING, LAST);
      return row && parseListing(row.value);
    },
    saveListing: (listing) => table.upsert(LISTING, LAST, listing),
  };
}

/** In the order of time: a set that was moved twice is followed from the first name to the last. */
const movedSetRow =
  (atUtc: string) =>
  (value: LedgerSet): { row: string; value: LedgerSet } => ({ row: `${atUtc}~${keyOf(value.from)}`, value });

const FormerSets = z.object({ sets: z.array(LedgerSet) });

/** An earlier version kept all of them in one row beside the listing, and may have noted some right before it was replaced. They come first. */
async function noteFormerSets(table: Table): Promise<void> {
  const former = await table.get(LISTING, MOVED_SETS);
  if (former === null) return;
  const { sets } = FormerSets.parse(former.value);
  const upsert = sets.map((set, n) => movedSetRow(`0${String(n).padStart(6, '0')}`)(set));
  await table.write(MOVED_SETS, { upsert });
  await table.removeIf(LISTING, MOVED_SETS, former.etag);
}

const pendingSet = ({ row, value }: Row): PendingSet => Object.assign({ row }, parseLedgerSet(value));

async function movedTo(table: Table, id: VmId): Promise<VmId | null> {
  let at: VmId | null = null;
  for (let moves = 0; moves < MOVES_MAX; moves += 1) {
    const row = await table.get(MOVED, keyOf(at ?? id));
    if (row === null) break;
    at = parseMove(row.value).to;
  }
  return at;
}

/** Beside the sets: the standalone VMs of each subscription and region. No key of a set has a `~`. */
const standaloneRow = (subscriptionId: string, region: string): string =>
  `~${keyPart(subscriptionId)}~${keyPart(region)}`;

function setSizes(vms: readonly VirtualMachine[]): { row: string; value: SetSize }[] {
  const sets = new Map<string, VmId[]>();
  const standalone = new Map<string, number>();
  for (const { id, availabilitySetId: set, subscriptionId, region } of vms) {
    if (set === null) {
      const row = standaloneRow(subscriptionId, region);
      standalone.set(row, (standalone.get(row) ?? 0) + 1);
      continue;
    }
    const members = sets.get(keyOf(set));
    if (members === undefined) sets.set(keyOf(set), [id]);
    else members.push(id);
  }
  return [
    ...[...sets].map(([row, members]) => ({ row, value: { size: members.length, members: members.sort() } })),
    ...[...standalone].map(([row, size]) => ({ row, value: { size, members: [] } })),
  ];
}
