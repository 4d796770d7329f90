import { freeFrom, freezesOf, standingFreezes, type Freeze } from '../domain/freezes';
import { holdsOf } from '../domain/holds';
import type { VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';

/** VMs that freezes and exclusions hold from now to the end of the rollout, and by what: a plan gives them no turn. */
export function heldThroughout(
  vms: readonly VirtualMachine[],
  freezes: readonly Freeze[],
  policy: Policy,
  { nowUtc, endsUtc }: { readonly nowUtc: string; readonly endsUtc: string },
): ReadonlyMap<VmId, Because> {
  const held = new Map<VmId, Because>();
  if (freezes.length === 0) return held;
  for (const vm of vms) {
    const { zone } = timeZoneOf(vm, policy);
    if (freeFrom(freezesOf(freezes, vm, zone), nowUtc) < endsUtc) continue;
    const [hold] = holdsOf({ nowUtc, policy, freezes: standingFreezes(freezes, vm, zone, nowUtc) });
    if (hold !== undefined) held.set(vm.id, hold);
  }
  return held;
}
