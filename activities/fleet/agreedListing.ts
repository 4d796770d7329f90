import { saysTheSame, type InventoryChanges, type Listing } from '../../domain/inventoryChanges';
import type { VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { InventoryRow } from '../../store/inventory';

/** The rows of an inventory that agreed with a listing, the listing, and what came of their comparison: no change. */
interface Agreement {
  readonly rows: readonly InventoryRow[];
  readonly vms: readonly VirtualMachine[];
  readonly changes: InventoryChanges;
}

/** By the first of its rows: a store in memory has the same objects until something changes, and of any other nothing is kept for long. */
const agreements = new WeakMap<InventoryRow, Agreement>();

export function keepAgreed(
  rows: readonly InventoryRow[],
  vms: readonly VirtualMachine[],
  changes: InventoryChanges,
): void {
  // A listing that has a VM twice is not compared place by place.
  if (rows[0] !== undefined && rows.length === vms.length) agreements.set(rows[0], { rows, vms, changes });
}

/** So many objects are compared in one go: about two milliseconds. */
const REPLACED_MAX = 2_000;

/**
 * What a comparison would find of what differs from the last agreement in a few objects that say the same: no change. So a row that was written anew
 * does not have a large fleet compared. Null: all has to be compared.
 */
export function sameAsAgreed(
  rows: readonly InventoryRow[],
  { vms, incomplete }: Listing,
): InventoryChanges | null {
  const before = rows[0] && agreements.get(rows[0]);
  if (before === undefined || incomplete.size > 0) return null;
  const [known, listed] = [replaced(before.rows, rows), replaced(before.vms, vms)];
  if (known === null || listed === null) return null;
  // What stood in a row and what was listed said the same: each stands for the other, where that is as it was.
  for (const [id, { was, is }] of known) if (!saysTheSame(is, listed.get(id)?.is ?? was)) return null;
  for (const [id, { was, is }] of listed) if (!known.has(id) && !saysTheSame(was, is)) return null;
  return { ...before.changes, present: vms };
}

/** The objects that stand in the place of others, by their ids; null when they are of other VMs, too many, or when there are more or fewer than before. */
function replaced<V extends VirtualMachine>(
  before: readonly V[],
  after: readonly V[],
): Map<VmId, { readonly was: V; readonly is: V }> | null {
  if (before.length !== after.length) return null;
  const found = new Map<VmId, { readonly was: V; readonly is: V }>();
  for (let n = 0; n < after.length; n += 1) {
    const was = before[n];
    const is = after[n];
    if (was === is || is === undefined) continue;
    if (was?.id !== is.id || found.size === REPLACED_MAX) return null;
    found.set(is.id, { was, is });
  }
  return found;
}

export const isSameList = (a: readonly object[], b: readonly object[]): boolean =>
  a.length === b.length && a.every((one, n) => one === b[n]);
