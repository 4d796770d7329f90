import {
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Store, Table, TableName } from './store';
import { TABLE_NAMES } from './store';

/**
 * Azurite writes to disk every five seconds, and forgets what it acknowledged since when it is killed. Azure does not; so only beside
 * Azurite, the last minute of changes is kept in a file too, and given back: when the app starts, and when the line to Azurite breaks.
 */
export interface RedoLogOptions {
  /** Where the files are. */
  readonly folder: string;
  /** Calls back once when the storage may have died. */
  readonly watch: (died: () => void) => void;
}

/** What a row was made; without a value it was removed. */
interface Entry {
  readonly table: TableName;
  readonly partition: string;
  readonly row: string;
  readonly value?: unknown;
}

/** Twice as long as anything that Azurite may have kept in memory, and some. */
const KEPT_MS = 60_000;

export function redoLog(store: Store, { folder, watch }: RedoLogOptions): Store {
  const file = new RedoFile(folder);
  const redo = new Redo(store, file, watch);
  const tables = new Map<TableName, Table>();
  return {
    table: (name) => {
      const known = tables.get(name) ?? loggedTable(name, store.table(name), file, redo);
      tables.set(name, known);
      return known;
    },
  };
}

/** Every change is in the file before a caller learns that it was made or acts on it, and every answer is from storage that has all of them. */
function loggedTable(name: TableName, table: Table, file: RedoFile, redo: Redo): Table {
  const changed = (partition: string, { upsert = [], remove = [] }: Parameters<Table['write']>[1]): void => {
    file.append([
      ...upsert.map(({ row, value }) => ({ table: name, partition, row, value })),
      ...remove.map((row) => ({ table: name, partition, row })),
    ]);
  };
  const conditional = async (
    work: () => Promise<boolean>,
    partition: string,
    upsert: readonly { readonly row: string; readonly value: unknown }[],
    remove: readonly string[] = [],
  ): Promise<boolean> => {
    const before = await redo.ready();
    file.intend(upsert.map(({ row }) => ({ table: name, partition, row })));
    const done = await work();
    const died = !redo.isAlive(before);
    const isKnown = (died || !done) && upsert.every(({ row }) => file.has(name, partition, row));
    // What was given back meanwhile may lack this change, or have been overwritten by it.
    if (died) redo.again();
    // Storage that died and came back meanwhile may have taken a row for new that it had forgotten.
    if (died && isKnown) return false;
    if (done) changed(partition, { upsert, remove });
    else if (!isKnown) for (const { row } of upsert) await adopt(partition, row);
    return done;
  };
  /** A row that is there and not in the file: a process wrote it and died before it could say so. Storage may not have it on disk yet. */
  const adopt = async (partition: string, row: string): Promise<void> => {
    const found = await redo.read(() => table.get(partition, row));
    if (found !== null && !file.has(name, partition, row))
      changed(partition, { upsert: [{ row, value: found.value }] });
  };
  const unconditional = async (
    work: () => Promise<void>,
    partition: string,
    changes: Parameters<Table['write']>[1],
  ): Promise<void> => {
    await redo.ready();
    // First, because it holds whatever was there: if it fails, its fate is unknown, and it may be made later.
    changed(partition, changes);
    await work();
  };
  return {
    get: (partition, row) => redo.read(() => table.get(partition, row)),
    list: (partition, range) => redo.read(() => table.list(partition, range)),
    insert: (partition, row, value) =>
      conditional(() => table.insert(partition, row, value), partition, [{ row, value }]),
    replace: (partition, row, value, etag) =>
      conditional(() => table.replace(partition, row, value, etag), partition, [{ row, value }]),
    commit: async (partition, changes) => {
      const etags = new Map<string, string>();
      const work = async (): Promise<boolean> => {
        const committed = await table.commit(partition, changes);
        for (const [row, etag] of committed ?? []) etags.set(row, etag);
        return committed !== null;
      };
      const upsert = [
        ...(changes.insert ?? []),
        ...(changes.replace ?? []).map(({ row, value }) => ({ row, value })),
      ];
      return (await conditional(work, partition, upsert)) ? etags : null;
    },
    upsert: (partition, row, value) =>
      unconditional(() => table.upsert(partition, row, value), partition, { upsert: [{ row, value }] }),
    remove: (partition, row) =>
      unconditional(() => table.remove(partition, row), partition, { remove: [row] }),
    removeIf: (at, row, etag) => conditional(() => table.removeIf(at, row, etag), at, [], [row]),
    write: (partition, changes) => unconditional(() => table.write(partition, changes), partition, changes),
  };
}

/** Gives the changes back before the next request. */
class Redo {
  /** Grows each time that the storage may have died. */
  #deaths = 1;
  #redoneAt = 0;
  #redoing: Promise<void> | null = null;

  readonly #store: Store;
  readonly #file: RedoFile;
  readonly #watch: (died: () => void) => void;

  constructor(store: Store, file: RedoFile, watch: (died: () => void) => void) {
    this.#store = store;
    this.#file = file;
    this.#watch = watch;
  }

  /** Everything is given back once more before the next request: as if storage had died now. */
  again(): void {
    this.#deaths += 1;
  }

  /** No process has died since `before`. */
  isAlive(before: number): boolean {
    return this.#deaths === before;
  }

  /** Resolves when the storage has everything, with the number of deaths until then; fails when it does not answer. */
  async ready(): Promise<number> {
    while (this.#redoneAt !== this.#deaths) {
      this.#redoing ??= this.#redo().finally(() => {
        this.#redoing = null;
      });
      await this.#redoing;
    }
    return this.#redoneAt;
  }

  /** An answer that came while the storage died may be an old one: it is asked again. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = await this.ready();
      const answer = await work();
      if (this.isAlive(before)) return answer;
    }
  }

  async #redo(): Promise<void> {
    const deaths = this.#deaths;
    this.#watch(() => {
      if (this.#deaths === deaths) this.#deaths += 1;
    });
    for (const [table, partition, changes] of byPartition(this.#file.entries()))
      await this.#store.table(table).write(partition, changes);
    await this.#adoptUnsure();
    this.#redoneAt = deaths;
  }

  /** Before anything is read: what a process has made and died before it could say so may be in no file yet, and who reads it does not make it again. */
  async #adoptUnsure(): Promise<void> {
    for (const { table, partition, row } of this.#file.unsure()) {
      if (this.#file.has(table, partition, row)) continue;
      const found = await this.#store.table(table).get(partition, row);
      if (found !== null) this.#file.append([{ table, partition, row, value: found.value }]);
    }
    this.#file.sure();
  }
}

/** The last word on each row. */
function byPartition(
  entries: readonly Entry[],
): (readonly [TableName, string, Parameters<Table['write']>[1]])[] {
  const last = new Map<string, Entry>();
  for (const entry of entries) last.set(`${entry.table}\n${entry.partition}\n${entry.row}`, entry);
  const groups = new Map<string, Entry[]>();
  for (const entry of last.values()) {
    const key = `${entry.table}\n${entry.partition}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const upsert = group.flatMap(({ row, value }) => (value === undefined ? [] : [{ row, value }]));
    const remove = group.filter(({ value }) => value === undefined).map(({ row }) => row);
    return [[first.table, first.partition, { upsert, remove }] as const];
  });
}

/** Two files by turns, each for a minute; a process that is killed loses nothing that was written to them. */
class RedoFile {
  #current = 1;
  readonly #handles: readonly number[];
  /** In a file of its own, so that a version that knows nothing of it takes none of it for removed. */
  readonly #intents: number;
  #intended: (Entry & { readonly atMs: number })[] = [];
  #unsure: readonly Entry[];
  #sinceMs = Date.now();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const paths = [0, 1].map((n) => join(folder, `tables-redo-${n}.jsonl`));
    this.#known = paths.flatMap(linesOf).sort((a, b) => a.atMs - b.atMs);
    // What the process before left is kept together before the other file begins again.
    const [together = '', anew = ''] = paths;
    rewrite(together, this.#known);
    writeFileSync(anew, '');
    this.#handles = paths.map((path) => openSync(path, 'a'));
    const intents = join(folder, 'tables-redo-intents.jsonl');
    this.#unsure = linesOf(intents);
    rewrite(intents, this.#unsure);
    this.#intents = openSync(intents, 'a');
  }

  /** Rows that are about to be made, where only the answer says whether they were. */
  intend(rows: readonly Entry[]): void {
    const atMs = Date.now();
    const timed = rows.map((row) => ({ atMs, ...row }));
    writeSync(this.#intents, textOf(timed));
    this.#intended.push(...timed);
  }

  /** What processes before this one were about to make, and did not say that they had. */
  unsure(): readonly Entry[] {
    return this.#unsure;
  }

  sure(): void {
    this.#unsure = [];
  }

  /** Oldest first; of both files. */
  #known: (Entry & { readonly atMs: number })[];

  entries(): readonly Entry[] {
    return this.#known;
  }

  /** Has the row been written in the last minute, and not removed since? */
  has(table: TableName, partition: string, row: string): boolean {
    const last = this.#known.findLast(
      (entry) => entry.table === table && entry.partition === partition && entry.row === row,
    );
    return last?.value !== undefined;
  }

  append(entries: readonly Entry[]): void {
    const atMs = Date.now();
    if (atMs - this.#sinceMs > KEPT_MS) this.#turn(atMs);
    const timed = entries.map((entry) => ({ atMs, ...entry }));
    writeSync(this.#handle, textOf(timed));
    this.#known.push(...timed);
  }

  get #handle(): number {
    return this.#handles[this.#current] ?? -1;
  }

  #turn(atMs: number): void {
    this.#known = this.#known.filter((entry) => entry.atMs >= this.#sinceMs);
    this.#sinceMs = atMs;
    this.#current = 1 - this.#current;
    ftruncateSync(this.#handle, 0);
    this.#intended = this.#intended.filter((one) => one.atMs > atMs - KEPT_MS);
    ftruncateSync(this.#intents, 0);
    writeSync(this.#intents, textOf(this.#intended));
  }
}

const textOf = (entries: readonly object[]): string =>
  entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

/** At no moment is there less in the file than before. */
function rewrite(path: string, entries: readonly Entry[]): void {
  writeFileSync(`${path}.new`, textOf(entries));
  renameSync(`${path}.new`, path);
}

/** A last line that a crash tore is dropped: its change was never acknowledged. */
function linesOf(path: string): (Entry & { readonly atMs: number })[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  return lines.flatMap((line) => {
    const entry = JSON.parse(line) as Entry & { readonly atMs: number };
    return TABLE_NAMES.includes(entry.table) ? [entry] : [];
  });
}

/** Keeps a line open to where the tables are: when it breaks, whoever listened there may have died. Null: that is no Azurite. */
export function watcherOf(connectionString: string): RedoLogOptions['watch'] | null {
  const endpoint = /TableEndpoint=http:\/\/(127\.0\.0\.1|localhost):(\d+)/i.exec(connectionString);
  const isDevelopment = /UseDevelopmentStorage=true/i.test(connectionString);
  if (endpoint === null && !isDevelopment) return null;
  const port = Number(endpoint?.[2] ?? DEVELOPMENT_TABLE_PORT);
  return (died) => {
    const line = connect({ host: '127.0.0.1', port });
    line.unref();
    line.on('error', () => undefined); // followed by close
    line.once('close', died);
  };
}

const DEVELOPMENT_TABLE_PORT = 10_002;
