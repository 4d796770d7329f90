import type { VmId } from './ids';
import type { VirtualMachine } from './virtualMachine';

/**
 * VMs in an order: an array, or a fleet too large for an object a VM, which makes those that are asked for. Then a VM that is asked for twice is two
 * objects, alike in all.
 */
export interface VmList extends Iterable<VirtualMachine> {
  readonly length: number;
  at(position: number): VirtualMachine | undefined;
  /** Absent of an array. */
  readonly ids?: VmIds;
}

/** The ids of VMs in an order: an array, or made as they are asked for, each without the rest of its VM. */
export interface VmIds {
  readonly length: number;
  at(position: number): VmId | undefined;
}
