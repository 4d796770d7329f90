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

/** By the first of its VMs: a store in memory and some drivers have the same objects until something changes. Memory goes with it. */
const agreements = new WeakMap<VirtualMachine, Agreement>();

export function keepAgreed(
  rows: readonly InventoryRow[],
  vms: readonly VirtualMachine[],
  changes: InventoryChanges,
): void {
  if (vms[0] !== undefined) agreements.set(vms[0], { rows, vms, changes });
}

/**
 * What a comparison would find of what differs from the last agreement in a few objects that say the same: no change. So a row that was written anew
 * does not have a large fleet compared. Null: all has to be compared.
 */
export function sameAsAgreed(
  rows: readonly InventoryRow[],
  { vms, incomplete }: Listing,
): InventoryChanges | null {
  const before = vms[0] && agreements.get(vms[0]);
  if (before === undefined || incomplete.size > 0) return null;
  const [known, listed] = [replaced(before.rows, rows), replaced(before.vms, vms)];
  if (known === null || listed === null) return null;
  // What stood in a row and what was listed said the same: each stands for the other, where that is as it was.
  for (const [id, { was, is }] of known) if (!saysTheSame(is, listed.get(id)?.is ?? was)) return null;
  for (const [id, { was, is }] of listed) if (!known.has(id) && !saysTheSame(was, is)) return null;
  return { ...before.changes, present: vms };
}

/** The objects that stand in the place of others, by their ids; null when they are of other VMs, or not as many. */
function replaced<V extends VirtualMachine>(
  before: readonly V[],
  after: readonly V[],
): Map<VmId, { readonly was: V; readonly is: V }> | null {
  if (before.length !== after.length) return null;
  const found = new Map<VmId, { readonly was: V; readonly is: V }>();
  for (const [n, is] of after.entries()) {
    const was = before[n];
    if (was === is) continue;
    if (was?.id !== is.id) return null;
    found.set(is.id, { was, is });
  }
  return found;
}

export const isSameList = (a: readonly object[], b: readonly object[]): boolean =>
  a.length === b.length && a.every((one, n) => one === b[n]);
