import { readFileSync } from 'node:fs';
import { LowtideError } from '../domain/lowtideError';
import { decodeText } from '../drivers/fleet/decodeText';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EISDIR: 'It is a folder.',
  EACCES: 'This user may not read it.',
};

/** The text of a file that a person named, in UTF-8 or UTF-16. */
export function readText(file: string): string {
  return readingFile(file, () => decodeText(readFileSync(file), file));
}

/** Says what is wrong with a file that cannot be read. */
export function readingFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof LowtideError) throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new LowtideError(
      'ARGUMENT_INVALID',
      {
        what: `${file} cannot be read.`,
        why: WHY[code] ?? String(cause),
        fix: 'Check the path; it is relative to the current folder.',
      },
      { cause },
    );
  }
}
