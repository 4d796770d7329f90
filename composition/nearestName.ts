import { closest, distance } from 'fastest-levenshtein';

/** A name of which more than this share of the letters differs resembles none. */
const DIFFERENT_SHARE_MAX = 0.4;
/** Of a short name so many letters may differ, but not all. */
const DIFFERENT_MIN = 2;
/** Fewer letters are a part of too many names. */
const PART_MIN = 4;

/** The known name that was probably meant, whatever the case it is written in: one that has the word as its part, or the nearest. Undefined: none resembles it. */
export function nearestName(word: string, known: readonly string[]): string | undefined {
  const written = word.toLowerCase();
  const lowerCase = known.map((each) => each.toLowerCase());
  const whole = written.length < PART_MIN ? -1 : lowerCase.findIndex((each) => each.includes(written));
  if (whole >= 0) return known[whole];
  if (known.length === 0) return undefined;
  const near = closest(written, lowerCase);
  const mayDiffer = Math.max(DIFFERENT_MIN, written.length * DIFFERENT_SHARE_MAX);
  const isNear = distance(written, near) <= Math.min(mayDiffer, written.length - 1);
  return isNear ? known[lowerCase.indexOf(near)] : undefined;
}
