/**
 * A 53-bit hash of a string (cyrb53, public domain). Not cryptographic: it spreads names and seeds evenly, in pure code,
 * and gives the same number on every machine.
 */
export function hash53(text: string, seed = 0): number {
  let h1 = BEGIN_1 ^ seed;
  let h2 = BEGIN_2 ^ seed;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ c, FACTOR_1);
    h2 = Math.imul(h2 ^ c, FACTOR_2);
  }
  return joined(h1, h2);
}

/**
 * `hash53` piece by piece, for texts that begin alike: the two halves of the hash, at a place of an array and behind it, begin with the seed, are taken through
 * the codes of one character after another, and then joined.
 */
export const hashInPieces = {
  begin(halves: Int32Array, place: number, seed: number): void {
    halves[place] = BEGIN_1 ^ seed;
    halves[place + 1] = BEGIN_2 ^ seed;
  },

  takeIn(halves: Int32Array, place: number, codes: Uint8Array | Uint16Array, from: number, to: number): void {
    let h1 = halves[place] ?? 0;
    let h2 = halves[place + 1] ?? 0;
    for (let i = from; i < to; i += 1) {
      const c = codes[i] ?? 0;
      h1 = Math.imul(h1 ^ c, FACTOR_1);
      h2 = Math.imul(h2 ^ c, FACTOR_2);
    }
    halves[place] = h1;
    halves[place + 1] = h2;
  },

  end: (halves: Int32Array, place: number): number => joined(halves[place] ?? 0, halves[place + 1] ?? 0),
};

const [BEGIN_1, BEGIN_2] = [0xdeadbeef, 0x41c6ce57];
const [FACTOR_1, FACTOR_2] = [2654435761, 1597334677];

function joined(half1: number, half2: number): number {
  const h1 = Math.imul(half1 ^ (half1 >>> 16), 2246822507) ^ Math.imul(half2 ^ (half2 >>> 13), 3266489909);
  const h2 = Math.imul(half2 ^ (half2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return 4294967296 * (2097151 & h2) + (h1 >>> 0);
}

/** A number in [0, 1) that depends only on the words given: the random numbers of planner and simulator. */
export function chance(...words: readonly (string | number)[]): number {
  return hash53(words.join('\u0000')) / 9007199254740992;
}
