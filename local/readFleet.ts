import { readFleetFile, type FleetFileOptions } from '../drivers/fleet/fleetFile';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';
import { readingFile } from './readText';

/** The fleet in a file that a person named. */
export function readFleet(file: string, options?: FleetFileOptions): ParsedFleet {
  return readingFile(file, () => readFleetFile(file, options));
}
