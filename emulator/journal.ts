import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Changes, Store } from './engine/core';
import type { Entity } from './engine/entity';
import type { Instance } from './engine/instance';
import type { Orphan } from './engine/persistPoints';
import { applyRecord, recordOf, type EntityRecord, type InstanceRecord } from './engine/records';

/**
 * A local append-only file. Each line is one group commit, `<crc32> <json>`, so that a commit is there in full or not at
 * all: what an instance received and what another one sent stand in the same line. Starting up rewrites the file, as a
 * snapshot, so it grows only while a host runs.
 */
interface Line {
  readonly nowMs: number;
  readonly ids: number;
  readonly instances?: readonly InstanceRecord[];
  readonly entities?: readonly EntityRecord[];
  readonly purged?: readonly string[];
  readonly timers?: readonly (readonly [string, number])[];
  readonly orphans?: readonly Orphan[];
  /** The host ended in good order. A journal that does not end so was left by one that was killed. */
  readonly ended?: true;
}

/** What a journal knew when it was opened. */
export interface Recovered {
  readonly instances: Map<string, Instance>;
  readonly entities: Map<string, Entity>;
  readonly timers: Map<string, number>;
  readonly orphans: readonly Orphan[];
  /** Undefined when the journal is new. */
  readonly nowMs: number | undefined;
  /** The same, when the host before ended in good order; undefined when it was killed. */
  readonly endedMs: number | undefined;
  readonly idCounter: number;
  /** Bytes at the end that were not a whole commit. Nothing has been promised about them. */
  readonly tornBytes: number;
}

/** Instances in one line of a snapshot. */
const SNAPSHOT_LINE_INSTANCES = 500;

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/** A write is over when its data is on the disk: one trip for what would be a write and an fdatasync. */
const APPEND_THROUGH = APPEND | constants.O_DSYNC;

/** What a commit outlives. The death of the process is outlived without the disk, and costs a fiftieth of the wall time. */
export type Outlives = 'powerCut' | 'process';

const LINE_END = Buffer.from('\n');

const held = new Set<string>();

export class Journal implements Store {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #outlives: Outlives;
  /** Instant and id counter of the last commit; undefined while there is none. */
  #last: Pick<Line, 'nowMs' | 'ids'> | undefined;

  private constructor(
    path: string,
    file: FileHandle,
    outlives: Outlives,
    readonly recovered: Recovered,
  ) {
    this.#path = path;
    this.#file = file;
    this.#outlives = outlives;
    const { nowMs, idCounter: ids } = recovered;
    this.#last = nowMs === undefined ? undefined : { nowMs, ids };
  }

  /** When the timer functions last fired; set by the host. */
  timers: ReadonlyMap<string, number> = new Map();

  static async open(path: string, outlives: Outlives = 'powerCut'): Promise<Journal> {
    lock(path);
    try {
      const recovered = recover(path);
      writeSnapshot(path, recovered);
      const file = await open(path, outlives === 'powerCut' ? APPEND_THROUGH : APPEND);
      return new Journal(path, file, outlives, recovered);
    } catch (error) {
      unlock(path);
      throw error;
    }
  }

  async commit({ nowMs, idCounter, instances, entities, purged, orphans }: Changes): Promise<void> {
    const line: Line = {
      nowMs,
      ids: idCounter,
      ...(instances.size > 0 && { instances: [...instances].map((instance) => recordOf(instance, false)) }),
      ...(entities.size > 0 && { entities: [...entities].map(entityRecord) }),
      ...(purged.length > 0 && { purged }),
      ...(orphans.length > 0 && { orphans }),
      ...(this.timers.size > 0 && { timers: [...this.timers] }),
    };
    this.#last = { nowMs, ids: idCounter };
    await this.#append(line);
  }

  /** The host ends in good order: nothing that it had taken is lost. Time goes on from the last commit. */
  async end(): Promise<void> {
    if (this.#last) await this.#append({ ...this.#last, ended: true });
  }

  async #append(line: Line): Promise<void> {
    if (this.#outlives === 'powerCut') await this.#file.appendFile(encode(line));
    else appendFileSync(this.#file.fd, encode(line)); // for the page cache the way through a thread would cost more than the write
  }

  async close(): Promise<void> {
    await this.#file.close();
    unlock(this.#path);
  }
}

/** Bytes at once: the sum and the file would each make them of the text. */
function encode(line: Line): Buffer {
  const json = Buffer.from(JSON.stringify(line));
  return Buffer.concat([Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} `), json, LINE_END]);
}

function decode(text: string): Line | undefined {
  const json = text.slice(9);
  if (crc32(json).toString(16).padStart(8, '0') !== text.slice(0, 8)) return undefined;
  return JSON.parse(json) as Line;
}

const entityRecord = ({ queued: _queued, ...record }: Entity): EntityRecord => record;

function recover(path: string): Recovered {
  const instances = new Map<string, Instance>();
  const entities = new Map<string, Entity>();
  let timers = new Map<string, number>();
  const orphans: Orphan[] = [];
  let nowMs: number | undefined;
  let endedMs: number | undefined;
  let idCounter = 0;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  let at = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
    const line = decode(text.slice(at, end));
    // Commits are written one after the other, so nothing that was acknowledged can stand behind a broken line.
    if (!line) break;
    at = end + 1;
    nowMs = Math.max(nowMs ?? 0, line.nowMs);
    idCounter = line.ids;
    endedMs = line.ended === true ? nowMs : undefined;
    for (const id of line.purged ?? []) instances.delete(id);
    for (const record of line.instances ?? [])
      instances.set(record.id, applyRecord(instances.get(record.id), record));
    for (const record of line.entities ?? []) entities.set(record.id, { ...record, queued: false });
    orphans.push(...(line.orphans ?? []));
    if (line.timers) timers = new Map(line.timers);
  }
  return { instances, entities, timers, orphans, nowMs, endedMs, idCounter, tornBytes: text.length - at };
}

function writeSnapshot(
  path: string,
  { instances, entities, timers, nowMs, idCounter: ids }: Recovered,
): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w');
  const write = (line: Omit<Line, 'nowMs' | 'ids'>): void => {
    if (nowMs !== undefined) writeSync(file, encode({ nowMs, ids, ...line }));
  };
  const all = [...instances.values()];
  for (let i = 0; i < all.length; i += SNAPSHOT_LINE_INSTANCES) {
    write({
      instances: all.slice(i, i + SNAPSHOT_LINE_INSTANCES).map((instance) => recordOf(instance, true)),
    });
  }
  write({ entities: [...entities.values()].map(entityRecord), timers: [...timers] });
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Two hosts on one journal would each undo what the other has promised. */
function lock(path: string): void {
  const file = `${path}.lock`;
  const refuse = (who: string): never => {
    throw new Error(
      `The journal ${path} is in use by ${who}. Stop it first, or give this one another path. ` +
        `If no emulator runs, delete ${file}.`,
    );
  };
  if (held.has(path)) refuse('another host in this process');
  try {
    writeLock(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = Number(readFileSync(file, 'utf8').trim());
    if (pid !== process.pid && isAlive(pid)) refuse(`process ${pid}`);
    // Its owner was killed: the lock is worth nothing.
    rmSync(file, { force: true });
    writeLock(file);
  }
  held.add(path);
}

function writeLock(file: string): void {
  const handle = openSync(file, 'wx');
  writeSync(handle, `${process.pid}\n`);
  closeSync(handle);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function unlock(path: string): void {
  held.delete(path);
  rmSync(`${path}.lock`, { force: true });
}
