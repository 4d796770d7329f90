import type { AvailabilitySetId, VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { ArmResource } from './armModel';
import { FleetReader } from './fleetReader';
import type { ImportedSet } from './importedSet';
import { fleetMalformed } from './malformed';
import { readRecords } from './readRecords';
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

/**
 * Reads a fleet file: what `az vm list -o json` prints, a REST list, an array or JSON lines of VMs, or an object with
 * `virtualMachines` and `availabilitySets`. Throws FLEET_MALFORMED naming every malformed record; then nothing is imported.
 */
export function parseFleet(text: string, file: string): ParsedFleet {
  const { machines, availabilitySets, notes, problems } = readRecords(text, file);
  const reader = new FleetReader({ keepModels: true });
  for (const record of availabilitySets) reader.addSet(record);
  for (const record of machines) reader.addMachine(record);
  const broken = [...problems, ...reader.problems];
  if (broken.length > 0)
    throw fleetMalformed(
      file,
      broken.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    );
  return reader.finish(notes);
}

/** A text that `parseFleet` reads back as the same fleet. */
export function printFleet(fleet: ParsedFleet): string {
  const lines = (resources: Iterable<ArmResource>): string =>
    [...resources].map((resource) => JSON.stringify(resource)).join(',\n');
  const sets = [...fleet.availabilitySets.values()].map((set) => set.model);
  return `{"virtualMachines":[\n${lines(fleet.models.values())}\n],"availabilitySets":[\n${lines(sets)}\n]}\n`;
}
