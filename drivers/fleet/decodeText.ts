import { LowtideError } from '../../domain/lowtideError';

/**
 * The text in these bytes: UTF-8, or UTF-16 in either byte order, as `>` of Windows PowerShell 5.1 writes it. Throws ARGUMENT_INVALID,
 * naming `source`, for bytes that are neither.
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LowtideError(
      'ARGUMENT_INVALID',
      {
        what: `${source} cannot be read as text.`,
        why: `Its bytes are not valid ${encoding.toUpperCase()}.`,
        fix: 'Save it as UTF-8; in PowerShell: … | Out-File -Encoding utf8 FILE.',
      },
      { cause },
    );
  }
}

/** By the byte-order mark; without one by the zero byte that every ASCII character has in UTF-16. */
export function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be';
  return 'utf-8';
}
