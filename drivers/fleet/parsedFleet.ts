import type { AvailabilitySetId, VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmList } from '../../domain/vmList';
import type { ArmResource } from './armModel';
import type { ImportedSet } from './importedSet';
import type { ImportedInstance } from './vmRecord';

/** What a plan needs of a fleet, read whole or not at all. Sorted by id, so that the order of the file never matters. */
export interface ListedFleet {
  readonly vms: VmList;
  readonly notes: readonly string[];
}

/** The same with all that the file says of its VMs. */
export interface ParsedFleet extends ListedFleet {
  readonly vms: readonly VirtualMachine[];
  /** The VMs in REST shape, with everything the file says of them. */
  readonly models: ReadonlyMap<VmId, ArmResource>;
  readonly instances: ReadonlyMap<VmId, ImportedInstance>;
  readonly availabilitySets: ReadonlyMap<AvailabilitySetId, ImportedSet>;
}
