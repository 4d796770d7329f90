import { createHash } from 'node:crypto';

/** Characters of the certificate, the signature and the hash in a link of Azure's. Source: recordings 02, 03, 09, 10, 20. */
const CERTIFICATE = 2575;
const SIGNATURE = 342;
const HASH = 43;

/** .NET counts time in tenths of microseconds since the year 1. */
const EPOCH_TICKS = 621_355_968_000_000_000n;

/**
 * What Azure appends to a link to an operation: `&t=&c=&s=&h=`, 3 kB of it. It is there so that clients meet links as long as Azure's; nothing
 * is signed, and nothing is checked.
 */
export function linkSuffixOf(url: string, startedUtc: string): string {
  const ticks = EPOCH_TICKS + BigInt(Date.parse(startedUtc)) * 10_000n;
  return `&t=${ticks}&c=${certificate}&s=${lettersOf(url, SIGNATURE)}&h=${lettersOf(`${url} hash`, HASH)}`;
}

const certificate = lettersOf('certificate', CERTIFICATE);

function lettersOf(text: string, count: number): string {
  let letters = '';
  for (let n = 0; letters.length < count; n += 1)
    letters += createHash('sha512').update(`${text} ${n}`).digest('base64url');
  return letters.slice(0, count);
}
