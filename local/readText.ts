import { readFileSync } from 'node:fs';
import { LowtideError } from '../domain/lowtideError';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EISDIR: 'It is a folder.',
  EACCES: 'This user may not read it.',
};

/** The text of a file that a person named. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
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
