import type { VirtualMachine } from './virtualMachine';

/**
 * VMs in an order: an array, or a fleet too large for an object a VM, which makes those that are asked for. Then a VM that is asked for twice is two
 * objects, alike in all.
 */
export interface VmList extends Iterable<VirtualMachine> {
  readonly length: number;
  at(position: number): VirtualMachine | undefined;
}
