import { closest, distance } from 'fastest-levenshtein';
import { IANAZone } from 'luxon';
import { arePaired, knownRegions, parseExtraRegion, regionNameOf, type ExtraRegion } from '../domain/regions';
import { nearestName } from './nearestName';

const PREFIX = 'LOWTIDE_';

/** A name outside the prefix that is so near to a setting is a misspelt one: LOWTIDES_SOAK, LOWTDE_SOAK. */
const MISSPELT_MAX = 2;

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

/** Regions that are not written so, are known already, or have a time zone or a pair that does not exist. */
export function extraRegionProblems(written: readonly string[]): string[] {
  const extra = extraRegionsOf(written);
  const names = [...knownRegions(), ...extra].map(({ name }) => name);
  return [
    ...written
      .filter((one) => parseExtraRegion(one) === undefined)
      .map((one) => `'${one}' is not a region; write name:timeZone or name:timeZone:pair.`),
    ...extra.flatMap(({ name, timeZone, pairedRegion }) => [
      ...(names.filter((each) => each === name).length > 1
        ? [`${name} is known already; leave it out.`]
        : []),
      ...(IANAZone.isValidZone(timeZone)
        ? []
        : [`'${timeZone}' of ${name} is not an IANA time zone such as Europe/Oslo.`]),
      ...(pairedRegion === null || (pairedRegion !== name && names.includes(pairedRegion))
        ? []
        : [`the pair of ${name}, '${pairedRegion}', does not exist${suggestion(pairedRegion, names)}`]),
    ]),
  ];
}

export function extraRegionsOf(written: readonly string[]): ExtraRegion[] {
  return written.map(parseExtraRegion).filter((region) => region !== undefined);
}

/** Regions that do not exist, and geo pairs, which never share a phase. */
export function canaryProblems(regions: readonly string[], extra: readonly ExtraRegion[]): string[] {
  const names = regions.map(regionNameOf);
  const known = [...knownRegions(), ...extra].map(({ name }) => name);
  const unknown = names
    .filter((name) => !known.includes(name))
    .map((name) => `there is no region '${name}'${suggestion(name, known)}`);
  const paired = names.flatMap((one, index) =>
    names
      .slice(index + 1)
      .filter((other) => arePaired(one, other) || namesAsPair(extra, one, other))
      .map((other) => `${one} and ${other} are a geo pair, and never share a phase; name one of them.`),
  );
  return [...unknown, ...paired];
}

function namesAsPair(extra: readonly ExtraRegion[], one: string, other: string): boolean {
  return extra.some(
    ({ name, pairedRegion }) =>
      (name === one && pairedRegion === other) || (name === other && pairedRegion === one),
  );
}

/** Images that are not written as they are compared. */
export function imageProblems(images: readonly string[]): string[] {
  return images
    .filter((image) => !/^(?:[^:\s]+:[^:\s]+:[^:\s]+|\/\S+)$/.test(image))
    .map(
      (image) =>
        `'${image}' is not an image; write publisher:offer:sku, or the id of an image definition of a gallery, with * for any characters.`,
    );
}

/** Ends the sentence, with the nearest known name when one resembles it. */
function suggestion(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '.' : `. Did you mean ${near}?`;
}
