import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmList } from '../domain/vmList';

interface Kept<T> {
  readonly vms: VmList;
  /** All that the value was made from beside the VMs. */
  readonly asked: string;
  readonly value: T;
}

/**
 * What was made last of each fleet, by its first VM: it is forgotten with it. It is no state: where it is not found it is made again, and is the same. A VM is never
 * changed in place, so the same objects in the same order say the same; a million are compared in a few milliseconds. A list that is no array is never changed either.
 */
export class KeptByFleet<T> {
  readonly #kept = new WeakMap<object, Kept<T>>();

  /** Undefined unless it was made of the same VMs, the same objects, and from the same beside them. */
  of(vms: VmList, asked: string): T | undefined {
    const found = this.#kept.get(keyOf(vms));
    return found?.asked === asked && areSame(found.vms, vms) ? found.value : undefined;
  }

  keep(vms: VmList, asked: string, value: T): void {
    this.#kept.set(keyOf(vms), { vms: isArray(vms) ? [...vms] : vms, asked, value });
  }

  forget(vms: VmList): void {
    this.#kept.delete(keyOf(vms));
  }
}

const isArray = (vms: VmList): vms is readonly VirtualMachine[] => Array.isArray(vms);

/** Of no VMs nothing is found again that was made of another array. */
const keyOf = (vms: VmList): object => (isArray(vms) ? vms[0] : undefined) ?? vms;

function areSame(one: VmList, other: VmList): boolean {
  if (one === other) return true;
  if (!isArray(one) || !isArray(other) || one.length !== other.length) return false;
  for (let n = 0; n < one.length; n += 1) if (one[n] !== other[n]) return false;
  return true;
}
