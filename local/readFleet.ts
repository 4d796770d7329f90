import { parseFleet, type ParsedFleet } from '../drivers/fleet/parseFleet';
import { readText } from './readText';

/** The fleet in a file that a person named. */
export function readFleet(file: string): ParsedFleet {
  return parseFleet(readText(file), file);
}
