import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ShortText } from '../domain/ledgerState';

/** Compressed, and written in letters: what keeps it takes text alone. */
export const shortText: ShortText = {
  shorten: (text) => deflateRawSync(text).toString('base64'),
  restore: (short) => inflateRawSync(Buffer.from(short, 'base64')).toString(),
};
