import { groupedBy } from './groupedBy';
import { isScaleSet, type AvailabilitySetId } from './ids';
import type { VirtualMachine } from './virtualMachine';

/** What Azure gives a new availability set when not set (`platformUpdateDomainCount`). */
export const UPDATE_DOMAINS_DEFAULT = 5;

/** Fault domains of a flexible scale set when not set: its instances are spread as far as can be, and show one domain. */
export const SCALE_SET_DOMAINS_DEFAULT = 1;

export function domainsDefault(set: AvailabilitySetId): number {
  return isScaleSet(set) ? SCALE_SET_DOMAINS_DEFAULT : UPDATE_DOMAINS_DEFAULT;
}

/**
 * Gives the VMs of availability sets whose update domain is not known the one Azure would have: domains are dealt in turn, by
 * lower-cased id. Beside members whose domain is known, each goes where the fewest are. Order and all else stay as they were. For simulated fleets,
 * whose files need not say it: of a real one nothing is guessed, and such VMs go one at a time.
 */
export function assignUpdateDomains(
  vms: readonly VirtualMachine[],
  countOf: (set: AvailabilitySetId) => number = domainsDefault,
): VirtualMachine[] {
  const assigned = new Map<VirtualMachine, number>();
  for (const [set, members] of membersBySet(vms)) {
    if (members.every(({ updateDomain }) => updateDomain !== null)) continue;
    members.sort((a, b) => (a.id < b.id ? -1 : 1));
    const dealt = dealtDomains(
      members.map(({ updateDomain }) => updateDomain),
      countOf(set),
    );
    for (const [n, vm] of members.entries()) assigned.set(vm, dealt[n] ?? 0);
  }
  return vms.map((vm) => {
    const updateDomain = assigned.get(vm) ?? null;
    return vm.updateDomain === updateDomain || updateDomain === null ? vm : { ...vm, updateDomain };
  });
}

/** The update domains of the members of a set, in the order of their ids: those that are known, and one for each that is not. */
export function dealtDomains(known: readonly (number | null)[], count: number): readonly number[] {
  const sizes = new Array<number>(Math.max(1, count, ...known.map((domain) => (domain ?? 0) + 1))).fill(0);
  for (const domain of known) if (domain !== null) sizes[domain] = (sizes[domain] ?? 0) + 1;
  return known.map((domain) => {
    if (domain !== null) return domain;
    const emptiest = sizes.indexOf(Math.min(...sizes));
    sizes[emptiest] = (sizes[emptiest] ?? 0) + 1;
    return emptiest;
  });
}

function membersBySet(vms: readonly VirtualMachine[]): Map<AvailabilitySetId, VirtualMachine[]> {
  return groupedBy(vms, ({ availabilitySetId }) => availabilitySetId);
}
