import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { LowtideError } from '../domain/lowtideError';

/** The calls that can fail on a full or read-only disk; for tests. */
export interface FileCalls {
  readonly write: (file: number, text: string) => void;
}

const CALLS: FileCalls = {
  write: (file, text) => {
    // A disk that is almost full takes a part of it, and fails only with the rest.
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
  },
};
const CHUNK_LENGTH = 1_000_000;

/** Writes a file that a person asked for: in full or not at all, for it is written beside its name and then renamed. */
export function writeOutput(path: string, parts: Iterable<string>, calls: FileCalls = CALLS): void {
  const isDevice = isNoFile(path);
  const target = isDevice ? path : `${path}.partial-${process.pid}`;
  try {
    writeAll(target, parts, calls);
    if (!isDevice) renameSync(target, path);
  } catch (cause) {
    if (!isDevice) removeIfThere(target);
    throw outputFailed(path, cause);
  }
}

/**
 * Throws at once what `writeOutput` would throw for these paths after the work: a folder that does not exist, or may not be written to. A path
 * that is undefined was not asked for.
 */
export function checkOutputs(...paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    // To open a pipe waits for its reader.
    if (path === undefined || (isNoFile(path) && !statSync(path).isDirectory())) continue;
    const probe = isNoFile(path) ? path : `${path}.partial-${process.pid}`;
    try {
      closeSync(openSync(probe, 'w'));
    } catch (cause) {
      throw outputFailed(path, cause);
    }
    removeIfThere(probe);
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where nothing could be written, nothing is to be removed.
  }
}

/** A device or a pipe takes what is written to it; a name beside it would be another thing. */
function isNoFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  } catch {
    return false;
  }
}

/** One JSON document, as people read it. */
export function writeJson(path: string, value: unknown): void {
  writeOutput(path, [`${JSON.stringify(value, null, 2)}\n`]);
}

function writeAll(path: string, parts: Iterable<string>, calls: FileCalls): void {
  const file = openSync(path, 'w');
  try {
    let text = '';
    for (const part of parts) {
      text += part;
      if (text.length < CHUNK_LENGTH) continue;
      calls.write(file, text);
      text = '';
    }
    calls.write(file, text);
  } finally {
    closeSync(file);
  }
}

const WHY: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  ENOSPC: ['The disk is full.', 'Make room, or name a file on another disk.'],
  EDQUOT: ['The disk quota of this user is used up.', 'Make room, or name a file on another disk.'],
  EROFS: ['Its file system is read-only.', 'Name a file in a folder that can be written.'],
  EACCES: ['This user may not write there.', 'Name a file in a folder that can be written.'],
  EPERM: ['This user may not write there.', 'Name a file in a folder that can be written.'],
  ENOENT: ['Its folder does not exist.', 'Make the folder first, or name another one.'],
  ENOTDIR: ['What should be its folder is a file.', 'Name a file in a folder.'],
  EISDIR: ['It is a folder.', 'Name a file in it.'],
  EPIPE: ['The program that read it has ended.', 'Let that program read to the end, or write to a file.'],
};

export function isDiskFull(error: unknown): boolean {
  const { code = '', cause } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || (cause !== undefined && isDiskFull(cause));
}

/** What, why and how to fix it, when something could not be written. */
export function outputFailed(what: string, cause: unknown, fixItself?: string): LowtideError {
  const code = String((cause as NodeJS.ErrnoException | null)?.code);
  const [why, fix] = WHY[code] ?? [String(cause), 'Name another file.'];
  return new LowtideError(
    'OUTPUT_FAILED',
    { what: `${what} could not be written.`, why, fix: fixItself ?? fix },
    { cause },
  );
}
