import type { AvailabilitySetId, VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { ArmResource } from './armModel';
import type { ImportedSet } from './importedSet';
import type { ImportedInstance } from './vmRecord';

/** A fleet, read whole or not at all. Sorted by id, so that the order of the file never matters. */
export interface ParsedFleet {
  readonly vms: readonly VirtualMachine[];
  /** The VMs in REST shape, with everything the file says of them. */
  readonly models: ReadonlyMap<VmId, ArmResource>;
  readonly instances: ReadonlyMap<VmId, ImportedInstance>;
  readonly availabilitySets: ReadonlyMap<AvailabilitySetId, ImportedSet>;
  readonly notes: readonly string[];
}
