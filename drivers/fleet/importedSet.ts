import { isScaleSet, type AvailabilitySetId } from '../../domain/ids';
import { domainsDefault } from '../../domain/updateDomains';
import type { ArmResource } from './armModel';

export interface ImportedSet {
  readonly id: AvailabilitySetId;
  /** In the case of the set's own record, else of the first VM that names it. */
  readonly armId: string;
  readonly updateDomainCount: number;
  /** In REST shape; made up from the VMs when the file has no record of the set. */
  readonly model: ArmResource;
}

/** A set of which only its VMs are known. */
export function unlistedSet(id: AvailabilitySetId, armId: string, location: string): ImportedSet {
  const updateDomainCount = domainsDefault(id);
  const [type, member] = isScaleSet(id)
    ? ['Microsoft.Compute/virtualMachineScaleSets', 'platformFaultDomainCount']
    : ['Microsoft.Compute/availabilitySets', 'platformUpdateDomainCount'];
  const properties = { [member]: updateDomainCount };
  return {
    id,
    armId,
    updateDomainCount,
    model: { id: armId, name: armId.split('/').at(-1), type, location, properties },
  };
}
