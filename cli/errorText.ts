import type { LowtideError } from '../domain/lowtideError';
import { currentLog } from '../local/logFile';

/** What went wrong, why, and how to fix it, with the log file that has the details. Only a fault of Lowtide itself shows a stack. */
export function errorText(error: unknown): string {
  const log = currentLog();
  return log === null ? withoutLog(error) : `${withoutLog(error)}\n  log: ${log}`;
}

function withoutLog(error: unknown): string {
  if (isLowtideError(error)) {
    const { what, why, fix } = error.detail;
    return threeLines(what, why, `${fix} (${error.code}, see docs/errors.md)`.trim());
  }
  const file = fileTrouble(error);
  if (file !== null) return file;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return threeLines('Lowtide itself failed.', text, 'Please report it, with the command you ran.');
}

/** The app that runs in the emulator has its own copy of the class, so that `instanceof` would miss its errors. */
function isLowtideError(error: unknown): error is LowtideError {
  return isObject(error) && error['name'] === 'LowtideError' && 'detail' in error && 'code' in error;
}

const TROUBLE: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  ENOENT: ['There is no such file or folder.', 'Check the path; it is relative to the current folder.'],
  EISDIR: ['It is a folder.', 'Name a file in it.'],
  EACCES: ['This user may not do that.', 'Give yourself the right, or name another path.'],
  EPERM: ['This user may not do that.', 'Give yourself the right, or name another path.'],
  EROFS: [
    'Its file system is read-only.',
    'Name a path on another one, or unpack Lowtide where it may write.',
  ],
  ENOSPC: ['The disk is full.', 'Make room.'],
  EDQUOT: ['The disk quota of this user is used up.', 'Make room.'],
};

function fileTrouble(error: unknown): string | null {
  if (!isObject(error)) return null;
  const { code, path, syscall } = error;
  const trouble = TROUBLE[String(code)];
  if (trouble === undefined) return null;
  if (typeof path !== 'string') return threeLines('A file could not be written or read.', ...trouble);
  const did = syscall === 'open' || syscall === 'read' ? 'cannot be opened' : 'cannot be used';
  return threeLines(`${path} ${did}.`, ...trouble);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function threeLines(what: string, why: string, fix: string): string {
  return `error: ${what}\n  why: ${why}\n  fix: ${fix}`;
}
