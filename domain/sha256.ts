/**
 * The first hexadecimal digits of the SHA-256 (FIPS 180-4) of a text in UTF-8. Written out here because pure code imports no crypto
 * module; a text that collides with another cannot be constructed, as it can for `hash53`.
 */
export function sha256Hex(text: string, digits = 64): string {
  const words = paddedWords(text);
  const hash = Int32Array.from(INITIAL);
  for (let start = 0; start < words.length; start += BLOCK_WORDS) addBlock(hash, words, start);
  let hex = '';
  for (const word of hash) hex += (word >>> 0).toString(16).padStart(8, '0');
  return hex.slice(0, digits);
}

const BLOCK_WORDS = 16;
const ROUNDS = 64;
const encoder = new TextEncoder();

/** Big-endian words: the bytes, a 1 bit, zeros, and the length in bits. */
function paddedWords(text: string): Int32Array {
  const bytes = encoder.encode(text);
  const blocks = ((bytes.length + 8) >> 6) + 1;
  const words = new Int32Array(blocks * BLOCK_WORDS);
  const put = (at: number, byte: number): void => {
    words[at >> 2] = (words[at >> 2] ?? 0) | (byte << (24 - 8 * (at & 3)));
  };
  for (let at = 0; at < bytes.length; at += 1) put(at, bytes[at] ?? 0);
  put(bytes.length, 0x80);
  words[words.length - 1] = bytes.length * 8;
  return words;
}

const schedule = new Int32Array(ROUNDS);

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** Mixes one block of 16 words into the hash. */
function addBlock(hash: Int32Array, words: Int32Array, start: number): void {
  const w = (at: number): number => schedule[at] ?? 0;
  for (let at = 0; at < ROUNDS; at += 1) {
    if (at < BLOCK_WORDS) {
      schedule[at] = words[start + at] ?? 0;
      continue;
    }
    const [early, late] = [w(at - 15), w(at - 2)];
    const s0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3);
    const s1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10);
    schedule[at] = (w(at - 16) + s0 + w(at - 7) + s1) | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let at = 0; at < ROUNDS; at += 1) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (CONSTANTS[at] ?? 0) + w(at)) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const mixed = [a, b, c, d, e, f, g, h];
  for (let at = 0; at < mixed.length; at += 1) hash[at] = ((hash[at] ?? 0) + (mixed[at] ?? 0)) | 0;
}

const PRIMES = primes(ROUNDS);
/** The first 32 bits of the fractions of the roots of the first primes. */
const fractionBits = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
const INITIAL = PRIMES.slice(0, 8).map((prime) => fractionBits(Math.sqrt(prime)));
const CONSTANTS = Int32Array.from(PRIMES.map((prime) => fractionBits(Math.cbrt(prime))));

function primes(count: number): readonly number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate += 1)
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  return found;
}
