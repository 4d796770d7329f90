import { closest, distance } from 'fastest-levenshtein';
import { arePaired, findRegion, knownRegions, regionNameOf } from '../domain/regions';

const PREFIX = 'LOWTIDE_';

/** A name outside the prefix that is so near to a setting is a misspelt one: LOWTIDES_SOAK, LOWTDE_SOAK. */
const MISSPELT_MAX = 2;

/** A name farther from every known one than this share of its length resembles none. */
const SIMILAR_SHARE = 0.4;

/** Names that look like settings of Lowtide and are none, each with the nearest that is one. */
export function nameProblems(names: readonly string[], known: readonly string[]): string[] {
  return names
    .filter((name) => !known.includes(name) && looksLikeASetting(name, known))
    .map((name) => `There is no setting ${name}${suggestion(name, known)}`);
}

function looksLikeASetting(name: string, known: readonly string[]): boolean {
  const upper = name.toUpperCase();
  return upper.startsWith(PREFIX) || distance(upper, closest(upper, known)) <= MISSPELT_MAX;
}

/** Regions that do not exist, and geo pairs, which never share a phase. */
export function canaryProblems(regions: readonly string[]): string[] {
  const names = regions.map(regionNameOf);
  const known = knownRegions().map(({ name }) => name);
  const unknown = names
    .filter((name) => findRegion(name) === undefined)
    .map((name) => `there is no region '${name}'${suggestion(name, known)}`);
  const paired = names.flatMap((one, index) =>
    names
      .slice(index + 1)
      .filter((other) => arePaired(one, other))
      .map((other) => `${one} and ${other} are a geo pair, and never share a phase; name one of them.`),
  );
  return [...unknown, ...paired];
}

/** Images that are not written as they are compared. */
export function imageProblems(images: readonly string[]): string[] {
  return images
    .filter((image) => !/^[^:\s]+:[^:\s]+:[^:\s]+$/.test(image))
    .map((image) => `'${image}' is no image; write publisher:offer:sku, with * for any run of characters.`);
}

/** Ends the sentence, with the nearest known name when one resembles it. */
function suggestion(name: string, known: readonly string[]): string {
  const nearest = closest(
    name.toUpperCase(),
    known.map((each) => each.toUpperCase()),
  );
  if (distance(name.toUpperCase(), nearest) > SIMILAR_SHARE * name.length) return '.';
  return `. Did you mean ${known.find((each) => each.toUpperCase() === nearest) ?? nearest}?`;
}
