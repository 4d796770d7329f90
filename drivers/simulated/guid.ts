import { hash53 } from '../../domain/seed';

/** Shaped like a GUID, made of words: the same words give the same one. */
export function guidOf(...words: readonly (string | number)[]): string {
  const text = words.join('\u0000');
  putHashes(text);
  put(28, Math.floor(hash53(text, 3) / LOW_HALF) >> 8, 4);
  return written.toString('latin1', 0, GUID_LENGTH);
}

/** The same, with two numbers of six digits each as the end. */
export function guidEndingIn(
  last: readonly [number, number],
  ...words: readonly (string | number)[]
): string {
  putHashes(words.join('\u0000'));
  put(20, last[0], 6);
  put(26, last[1], 6);
  return written.toString('latin1', 0, GUID_LENGTH);
}

const GUID_LENGTH = 36;
const LOW_HALF = 2 ** 32;
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** One GUID after another is written here, digit by digit: so each is made in one piece. Behind it is room for a digit that none has. */
const written = Buffer.from('00000000-0000-4000-a000-000000000000 ', 'latin1');

/** Where each of the 32 digits stands; two are always the same, and are written behind the end. */
const PLACES = Uint8Array.from({ length: 32 }, (_, digit) => {
  if (digit === 12 || digit === 16) return GUID_LENGTH;
  return digit + [8, 12, 16, 20].filter((begins) => begins <= digit).length;
});

/** The first 28 digits: two hashes, of 53 bits each. */
function putHashes(text: string): void {
  for (const salt of [1, 2]) {
    const hash = hash53(text, salt);
    const at = (salt - 1) * 14;
    put(at, Math.floor(hash / LOW_HALF), 6);
    put(at + 6, hash | 0, 8);
  }
}

function put(at: number, bits: number, digits: number): void {
  for (let n = 0; n < digits; n += 1)
    written[PLACES[at + n] ?? GUID_LENGTH] = DIGITS[(bits >>> (4 * (digits - 1 - n))) & 15] ?? 0;
}
