import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LowtideError } from '../domain/lowtideError';
import { isDiskFull, outputFailed } from './writeOutput';
import { PACKAGE_ROOT } from './packageRoot';

/** Where everything is that Lowtide keeps on this machine. */
export const STATE_HOME = join(PACKAGE_ROOT, '.lowtide');

/** Marks the folder as Lowtide's own, which may be emptied. */
const MARKER = 'lowtide-state';

/** Holds the number of the process that has the folder. */
const LOCK = 'running.pid';

export interface StateFolder {
  readonly path: string;
  release(): void;
}

/** Takes a folder for this process alone. A lock left behind by a process that is gone is no obstacle. */
export function takeStateFolder(path: string, { fresh }: { readonly fresh: boolean }): StateFolder {
  const lock = join(path, LOCK);
  const holder = pidIn(lock);
  if (holder !== null) throw inUse(path, holder);
  try {
    if (fresh) checkOwn(path);
    makeFolder(path);
    takeLock(path);
    if (fresh) emptyFolder(path);
    writeFileSync(
      join(path, MARKER),
      'What Lowtide keeps here is thrown away by --fresh and by npm start.\n',
    );
  } catch (cause) {
    if (cause instanceof LowtideError) throw cause;
    throw outputFailed(`The state folder ${path}`, cause, fixOf(cause));
  }
  return {
    path,
    release: () => {
      rmSync(lock, { force: true });
    },
  };
}

/**
 * Of several processes that find the same lock left behind, one takes it: the link makes the lock together with its content, and a
 * lock that is renamed is looked at once more, since another process may have taken it meanwhile.
 */
function takeLock(path: string): void {
  const lock = join(path, LOCK);
  const own = `${lock}.${process.pid}`;
  const aside = `${own}.old`;
  try {
    writeFileSync(own, String(process.pid));
    if (existsSync(lock)) renameSync(lock, aside);
    const holder = pidIn(aside);
    linkSync(holder === null ? own : aside, lock);
    if (holder !== null) throw inUse(path, holder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // ENOENT: another process has renamed it first.
    if (code === 'EEXIST' || code === 'ENOENT') throw inUse(path, pidIn(lock) ?? 0);
    throw cause;
  } finally {
    for (const file of [own, aside]) rmSync(file, { force: true });
  }
}

function emptyFolder(path: string): void {
  for (const name of readdirSync(path))
    if (name !== LOCK) rmSync(join(path, name), { recursive: true, force: true });
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
    what: `${path} was not emptied: it is not a state folder of Lowtide.`,
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
