import type { ArmResource } from './armModel';
import { FleetReader } from './fleetReader';
import { fleetMalformed } from './malformed';
import type { ParsedFleet } from './parsedFleet';
import { readRecords } from './readRecords';

export type { ListedFleet, ParsedFleet } from './parsedFleet';

/**
 * Reads a fleet file: what `az vm list -o json` prints, a REST list, an array or JSON lines of VMs, or an object with
 * `virtualMachines` and `availabilitySets`. Throws FLEET_MALFORMED naming every malformed record; then nothing is imported.
 */
export function parseFleet(text: string, file: string): ParsedFleet {
  const { machines, availabilitySets, notes, problems } = readRecords(text, file);
  const reader = new FleetReader({ keepModels: true });
  for (const record of availabilitySets) reader.addSet(record);
  for (const record of machines) reader.addMachine(record);
  const fleet = problems.length > 0 ? null : reader.finish(notes);
  if (fleet !== null) return fleet;
  const broken = [...problems, ...reader.problems];
  throw fleetMalformed(
    file,
    broken.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    { VM: machines.length + problems.length, 'availability set': availabilitySets.length },
  );
}

/** A text that `parseFleet` reads back as the same fleet. */
export function printFleet(fleet: ParsedFleet): string {
  const lines = (resources: Iterable<ArmResource>): string =>
    [...resources].map((resource) => JSON.stringify(resource)).join(',\n');
  const sets = [...fleet.availabilitySets.values()].map((set) => set.model);
  return `{"virtualMachines":[\n${lines(fleet.models.values())}\n],"availabilitySets":[\n${lines(sets)}\n]}\n`;
}
