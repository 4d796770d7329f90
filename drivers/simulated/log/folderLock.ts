import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LowtideError } from '../../../domain/lowtideError';

const LOCK = 'lock.json';

const Holder = z.object({ host: z.string(), pid: z.number(), started: z.string(), sinceUtc: z.string() });
type Holder = z.infer<typeof Holder>;

/** Folders this very process holds: its own pid in a lock file may also be that of a process before it, in a container. */
const held = new Set<string>();

/** Takes the folder for this process and returns how to let go of it. A lock whose process is dead is taken over. */
export function holdFolder(folder: string): () => void {
  const key = resolve(folder);
  const path = join(key, LOCK);
  if (held.has(key)) throw inUse(folder, read(path));
  if (!tryWrite(path)) takeOver(path, folder);
  held.add(key);
  const heartbeat = setInterval(() => {
    touch(path);
  }, HEARTBEAT_MS).unref();
  return () => {
    clearInterval(heartbeat);
    held.delete(key);
    rmSync(path, { force: true });
  };
}

/** So often a holder touches its lock; another machine can see nothing else of it. */
const HEARTBEAT_MS = 10_000;
/** A lock of another machine that was not touched for so long is that of a machine that is gone. Generous to clocks that differ. */
const SILENT_MS = 120_000;

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The disk is full or gone; the next append to the journal says so.
  }
}

function tryWrite(path: string): boolean {
  const holder: Holder = {
    host: hostname(),
    pid: process.pid,
    started: startOf(process.pid),
    sinceUtc: new Date().toISOString(),
  };
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false;
    throw cause;
  }
}

function takeOver(path: string, folder: string): void {
  const found = read(path);
  if (found !== null && isAlive(found, path)) throw inUse(folder, found);
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (cause) {
    // Another process was faster; the lock that is there next is its own.
    if (!isCode(cause, 'ENOENT')) throw cause;
  }
  const moved = read(aside);
  // Between the look and the move another process may have taken over: then it is its fresh lock that was moved.
  if (moved !== null && isAlive(moved, aside)) {
    renameSync(aside, path);
    throw inUse(folder, moved);
  }
  rmSync(aside, { force: true });
  if (!tryWrite(path)) throw inUse(folder, read(path));
}

/** Null for a lock that is gone, or torn by a crash of its writer. */
function read(path: string): Holder | null {
  try {
    const parsed = Holder.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/**
 * A process with that number that started when the holder did. Numbers are used again, soonest in containers. Of a process on another
 * machine only the age of its last touch is known.
 */
function isAlive({ host, pid, started }: Holder, path: string): boolean {
  if (host !== hostname()) return Date.now() - statSync(path).mtimeMs < SILENT_MS;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if (!isCode(cause, 'EPERM')) return false;
  }
  const now = startOf(pid);
  return now === '' || started === '' || now === started;
}

/** When the process started, as the kernel counts it; empty where it does not say (not on Linux). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may contain anything; the twenty-second is the start.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isCode(cause: unknown, code: string): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === code;
}

function inUse(folder: string, holder: Holder | null): LowtideError {
  const owner = holder === null ? 'Another process' : `Process ${holder.pid} on ${holder.host}`;
  const since = holder === null ? '' : ` since ${holder.sinceUtc}`;
  return new LowtideError('STATE_IN_USE', {
    what: `The state folder ${folder} is in use.`,
    why: `${owner} has it open${since}. The simulated driver serves one host only.`,
    fix: `Stop that process, or give this one another folder (LOWTIDE_STATE_DIR). The lock of a machine that is gone ends after two minutes.`,
  });
}
