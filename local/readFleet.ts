import { listFleetFile, readFleetFile } from '../drivers/fleet/fleetFile';
import type { ListedFleet, ParsedFleet } from '../drivers/fleet/parseFleet';
import { readingFile } from './readText';

/** The fleet in a file that a person named. */
export function readFleet(file: string): ParsedFleet {
  return readingFile(file, () => readFleetFile(file));
}

/** The same without the models. */
export function listFleet(file: string): ListedFleet {
  return readingFile(file, () => listFleetFile(file));
}
