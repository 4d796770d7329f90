import type { VirtualMachine } from '../domain/virtualMachine';

interface Kept<T> {
  readonly vms: readonly VirtualMachine[];
  /** All that the value was made from beside the VMs. */
  readonly asked: string;
  readonly value: T;
}

/**
 * What was made last of each fleet, by its first VM: it is forgotten with it. It is no state: where it is not found it is made again, and is the same. A VM is never
 * changed in place, so the same objects in the same order say the same; a million are compared in a few milliseconds.
 */
export class KeptByFleet<T> {
  readonly #kept = new WeakMap<VirtualMachine, Kept<T>>();

  /** Undefined unless it was made of the same VMs, the same objects, and from the same beside them. */
  of(vms: readonly VirtualMachine[], asked: string): T | undefined {
    const [first] = vms;
    const found = first === undefined ? undefined : this.#kept.get(first);
    return found?.asked === asked && areSame(found.vms, vms) ? found.value : undefined;
  }

  keep(vms: readonly VirtualMachine[], asked: string, value: T): void {
    const [first] = vms;
    if (first !== undefined) this.#kept.set(first, { vms: [...vms], asked, value });
  }

  forget([first]: readonly VirtualMachine[]): void {
    if (first !== undefined) this.#kept.delete(first);
  }
}

function areSame(one: readonly VirtualMachine[], other: readonly VirtualMachine[]): boolean {
  if (one.length !== other.length) return false;
  for (let n = 0; n < one.length; n += 1) if (one[n] !== other[n]) return false;
  return true;
}
