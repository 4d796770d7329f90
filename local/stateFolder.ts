import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LowtideError } from '../domain/lowtideError';
import { PACKAGE_ROOT } from './packageRoot';

/** Where everything is that Lowtide keeps on this machine. */
export const STATE_HOME = join(PACKAGE_ROOT, '.lowtide');

export interface StateFolder {
  readonly path: string;
  release(): void;
}

/** Takes a folder for this process alone. A lock left behind by a process that is gone is no obstacle. */
export function takeStateFolder(path: string, { fresh }: { readonly fresh: boolean }): StateFolder {
  const lock = join(path, 'running.pid');
  const holder = pidIn(lock);
  if (holder !== null) throw inUse(path, holder);
  if (fresh) rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  rmSync(lock, { force: true });
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
  } catch {
    throw inUse(path, pidIn(lock) ?? 0);
  }
  return {
    path,
    release: () => {
      rmSync(lock, { force: true });
    },
  };
}

/** The process that holds the lock; null when nobody does, or none that lives. */
function pidIn(lock: string): number | null {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
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
