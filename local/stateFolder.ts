import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LowtideError } from '../domain/lowtideError';
import { isDiskFull, outputFailed } from './writeOutput';
import { PACKAGE_ROOT } from './packageRoot';

/** Where everything is that Lowtide keeps on this machine. */
export const STATE_HOME = join(PACKAGE_ROOT, '.lowtide');

/** Marks the folder as Lowtide's own, which may be emptied. */
const MARKER = 'lowtide-state';

export interface StateFolder {
  readonly path: string;
  release(): void;
}

/** Takes a folder for this process alone. A lock left behind by a process that is gone is no obstacle. */
export function takeStateFolder(path: string, { fresh }: { readonly fresh: boolean }): StateFolder {
  const lock = join(path, 'running.pid');
  const holder = pidIn(lock);
  if (holder !== null) throw inUse(path, holder);
  try {
    if (fresh) checkOwn(path);
    if (fresh) rmSync(path, { recursive: true, force: true });
    makeFolder(path);
    rmSync(lock, { force: true });
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    writeFileSync(
      join(path, MARKER),
      'What Lowtide keeps here is thrown away by --fresh and by npm start.\n',
    );
  } catch (cause) {
    if (cause instanceof LowtideError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw inUse(path, pidIn(lock) ?? 0);
    throw outputFailed(`The state folder ${path}`, cause, fixOf(cause));
  }
  return {
    path,
    release: () => {
      rmSync(lock, { force: true });
    },
  };
}

function fixOf(cause: unknown): string {
  return isDiskFull(cause)
    ? 'Make room on its disk, or name a folder on another one with --state.'
    : 'Name a folder that can be written with --state.';
}

/** One folder after another: `recursive` reports a file system that is read-only as a folder that is missing. */
function makeFolder(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw Object.assign(new Error(`${path} is a file`), { code: 'ENOTDIR' });
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** Nothing is thrown away but what Lowtide made: a folder that a person named may be any. */
function checkOwn(path: string): void {
  const isHome = !relative(STATE_HOME, path).startsWith('..');
  if (isHome || !existsSync(path) || existsSync(join(path, MARKER)) || readdirSync(path).length === 0) return;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `${path} is not emptied: it is no state folder of Lowtide.`,
    why: `It holds files, and no file named ${MARKER}.`,
    fix: 'Name a folder that is empty or does not exist yet.',
  });
}

/** The process that holds the lock; null when there is no lock, its process has ended, or a full disk took the lock without its number. */
function pidIn(lock: string): number | null {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // 0 is this process's own group, which always runs.
    if (!Number.isInteger(pid) || pid <= 0) return null;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 0 : null;
  }
}

function inUse(path: string, pid: number): LowtideError {
  return new LowtideError('STATE_IN_USE', {
    what: `${path} is in use.`,
    why: pid === 0 ? 'Another Lowtide runs on it.' : `Another Lowtide runs on it, as process ${pid}.`,
    fix: 'End that one with Ctrl-C first.',
  });
}
