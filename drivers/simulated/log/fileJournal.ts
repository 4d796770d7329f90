import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LowtideError } from '../../../domain/lowtideError';
import { messageOf } from '../../../domain/messageOf';
import { JournalRequest, type RequestJournal } from './requestJournal';
import { holdFolder } from './folderLock';

const JOURNAL = 'requests.jsonl';

const writeAll = promisify(write);
const syncData = promisify(fdatasync);

/**
 * A journal in a folder: one line a request, synced to disk before it counts as remembered; requests that come while a sync runs share the
 * next one. A line torn by a crash is dropped, for its request was never acknowledged. Throws STATE_IN_USE when another process has
 * the folder.
 */
export function fileJournal(folder: string): RequestJournal {
  mkdirSync(folder, { recursive: true });
  const release = holdFolder(folder);
  try {
    return openJournal(folder, release);
  } catch (cause) {
    release();
    throw cause;
  }
}

function openJournal(folder: string, release: () => void): RequestJournal {
  const path = join(folder, JOURNAL);
  const isNew = !existsSync(path);
  const file = openSync(path, 'a+');
  if (isNew) syncFolder(folder);
  const { requests, length } = readRequests(readFileSync(path), path);
  ftruncateSync(file, length);
  const writer = groupCommit(file, path);
  return {
    remembered: () => requests,
    append: (request) => writer.append(`${JSON.stringify(request)}\n`),
    keepFleet: (text) => keepFleet(folder, text),
    fleetText: (name) => readFileSync(join(folder, name), 'utf8'),
    async close() {
      await writer.drained();
      closeSync(file);
      release();
    },
  };
}

/** What can be read, and how many bytes of the file that is. Only the last line may be torn; elsewhere it is damage. */
function readRequests(
  content: Buffer,
  path: string,
): { requests: readonly JournalRequest[]; length: number } {
  const requests: JournalRequest[] = [];
  let length = 0;
  for (let end = content.indexOf('\n'); end >= 0; end = content.indexOf('\n', length)) {
    const request = parseRequest(content.toString('utf8', length, end));
    const isLast = end + 1 === content.length;
    if (request === null && !isLast) throw damaged(path, requests.length + 1);
    if (request === null) break;
    requests.push(request);
    length = end + 1;
  }
  return { requests, length };
}

function parseRequest(line: string): JournalRequest | null {
  try {
    const parsed = JournalRequest.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

interface GroupCommit {
  append(line: string): Promise<void>;
  drained(): Promise<void>;
}

/** Lines that arrive while the disk is busy are written and synced together. After an error nothing more is taken. */
function groupCommit(file: number, path: string): GroupCommit {
  let waiting: string[] = [];
  let round: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  const commit = async (): Promise<void> => {
    await round;
    const lines = Buffer.from(waiting.join(''));
    waiting = [];
    round = next ?? round;
    next = null;
    for (let done = 0; done < lines.length;)
      done += (await writeAll(file, lines, done, lines.length - done)).bytesWritten;
    await syncData(file);
  };
  return {
    append(line) {
      waiting.push(line);
      next ??= commit().catch((cause: unknown) => {
        throw unwritable(path, cause);
      });
      return next;
    },
    drained: async () => {
      await (next ?? round);
    },
  };
}

/** Named by its content, and there whole or not at all. */
function keepFleet(folder: string, text: string): string {
  const name = `fleet-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`;
  const path = join(folder, name);
  if (existsSync(path)) return name;
  const file = openSync(`${path}.new`, 'w');
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  syncFolder(folder);
  return name;
}

/** A file is there for good only when its folder is synced, too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function damaged(path: string, line: number): LowtideError {
  return new LowtideError('STORAGE_UNAVAILABLE', {
    what: `Line ${line} of ${path} cannot be read.`,
    why: 'It is not the last line, so no crash cut it off: the file was changed or the disk is damaged.',
    fix: 'Restore the folder from a copy, or begin with an empty state folder.',
  });
}

function unwritable(path: string, cause: unknown): LowtideError {
  if (cause instanceof LowtideError) return cause;
  return new LowtideError(
    'STORAGE_UNAVAILABLE',
    {
      what: `${path} cannot be written.`,
      why: messageOf(cause),
      fix: 'Free space on the disk or correct its permissions, and start again: nothing that was acknowledged is lost.',
    },
    { cause },
  );
}
