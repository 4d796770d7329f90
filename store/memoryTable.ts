import type { Row, RowRange, Store, Table, TableName } from './store';
import { assertKey, type Changes, frozenValue, jsonOf, listChanges, listConditions } from './rowValue';
import { sortedKeys, type SortedKeys } from './sortedKeys';
import { TextSlabs, type TextPlace } from './textSlabs';

/** Of most tables a row is read again and again, and parsed once. Rows of the audit are the most there are, and each is read once or twice: they stay text. */
const READ_SELDOM: ReadonlySet<TableName> = new Set(['audit']);

/** A store that lasts as long as the process: for simulations and tests. Deterministic; answers within microtasks, without timers. */
export function memoryStore(): Store {
  const tables = new Map<TableName, Table>();
  const texts = new TextSlabs();
  return {
    table: (name) => {
      let table = tables.get(name);
      if (table === undefined) tables.set(name, (table = memoryTable(texts, !READ_SELDOM.has(name))));
      return table;
    },
  };
}

function memoryTable(texts: TextSlabs, keepsParsed: boolean): Table {
  const partitions = new Map<string, Partition>();
  let version = 0;
  const partitionOf = (key: string): Partition => {
    let found = partitions.get(key);
    if (found === undefined) partitions.set(key, (found = new Partition(key, texts, keepsParsed)));
    return found;
  };
  const put = (partition: string, row: string, json: string): string => {
    version += 1;
    partitionOf(partition).put(row, json, version);
    return etagOf(version);
  };

  return {
    get: (partition, row) =>
      soon(() => {
        assertKeys(partition, row);
        return partitions.get(partition)?.read(row) ?? null;
      }),
    insert: (partition, row, value) =>
      soon(() => {
        assertKeys(partition, row);
        const json = jsonOf(partition, row, value);
        if (partitions.get(partition)?.etagOf(row) !== undefined) return false;
        put(partition, row, json);
        return true;
      }),
    upsert: (partition, row, value) =>
      soon(() => {
        assertKeys(partition, row);
        put(partition, row, jsonOf(partition, row, value));
      }),
    replace: (partition, row, value, etag) =>
      soon(() => {
        assertKeys(partition, row);
        const json = jsonOf(partition, row, value);
        if (partitions.get(partition)?.etagOf(row) !== etag) return false;
        put(partition, row, json);
        return true;
      }),
    remove: (partition, row) =>
      soon(() => {
        assertKeys(partition, row);
        partitions.get(partition)?.remove(row);
      }),
    removeIf: (...asRead) => soon(() => removeIf(partitions, asRead)),
    list: (partition, range = {}) =>
      soon(() => {
        assertKey('partition', partition);
        return partitions.get(partition)?.list(range) ?? [];
      }),
    commit: (partition, conditions) =>
      soon(() => {
        const changes = listConditions(partition, conditions);
        const found = partitions.get(partition);
        if (changes.some(({ row, etag }) => (found?.etagOf(row) ?? null) !== etag)) return null;
        return new Map(changes.map(({ row, json }) => [row, put(partition, row, json)]));
      }),
    write: (partition, changes: Changes) =>
      soon(() => {
        // Everything that can be refused is refused before the first change.
        for (const change of listChanges(partition, changes))
          if (change.kind === 'upsert') put(partition, change.row, change.json);
          else partitions.get(partition)?.remove(change.row);
      }),
  };
}

function removeIf(
  partitions: ReadonlyMap<string, Partition>,
  [partition, row, etag]: Parameters<Table['removeIf']>,
): boolean {
  assertKeys(partition, row);
  const found = partitions.get(partition);
  if (found?.etagOf(row) !== etag) return false;
  found.remove(row);
  return true;
}

/** Runs at once and answers in a microtask; what it throws becomes a rejection. */
function soon<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function assertKeys(partition: string, row: string): void {
  assertKey('partition', partition);
  assertKey('row', row);
}

interface StoredRow {
  version: number;
  /** JSON until it is read: most rows of a month are overwritten unread. */
  content: TextPlace | Row;
}

const etagOf = (version: number): string => `W/"${version}"`;

class Partition {
  readonly #rows = new Map<string, StoredRow>();
  /** Null until the partition is listed: there is one for every VM, and few are. */
  #keys: SortedKeys | null = null;

  readonly #key: string;
  readonly #texts: TextSlabs;
  readonly #keepsParsed: boolean;

  constructor(key: string, texts: TextSlabs, keepsParsed: boolean) {
    this.#key = key;
    this.#texts = texts;
    this.#keepsParsed = keepsParsed;
  }

  etagOf(row: string): string | undefined {
    const stored = this.#rows.get(row);
    return stored === undefined ? undefined : etagOf(stored.version);
  }

  read(row: string): Row | null {
    const stored = this.#rows.get(row);
    return stored === undefined ? null : this.#readOf(row, stored);
  }

  put(row: string, json: string, version: number): void {
    const stored = this.#rows.get(row);
    if (stored === undefined) {
      this.#rows.set(row, { version, content: this.#texts.add(json) });
      this.#keys?.add(row);
      return;
    }
    this.#forget(stored);
    stored.version = version;
    stored.content = this.#texts.add(json);
  }

  remove(row: string): void {
    const stored = this.#rows.get(row);
    if (stored === undefined) return;
    this.#forget(stored);
    this.#rows.delete(row);
    this.#keys?.remove(row);
  }

  list({ from, before, take }: RowRange): Row[] {
    const found: Row[] = [];
    this.#keys ??= sortedKeys(this.#rows.keys());
    for (const row of this.#keys.between(from, before, take)) {
      const stored = this.#rows.get(row);
      if (stored !== undefined) found.push(this.#readOf(row, stored));
    }
    return found;
  }

  #readOf(row: string, stored: StoredRow): Row {
    const { version, content } = stored;
    if (typeof content === 'object') return content;
    const read = new UnreadRow(this.#key, row, etagOf(version), this.#texts.read(content));
    if (this.#keepsParsed) {
      this.#texts.free(content);
      stored.content = read;
    }
    return read;
  }

  #forget({ content }: StoredRow): void {
    if (typeof content !== 'object') this.#texts.free(content);
  }
}

/**
 * A row whose value is parsed when it is first asked for: the repository that wrote it may know it by its ETag. A class, because each object of a literal
 * with a getter has a hidden class of its own in V8.
 */
class UnreadRow implements Row {
  readonly partition: string;
  readonly row: string;
  readonly etag: string;
  #json: string;
  #value: unknown;

  constructor(partition: string, row: string, etag: string, json: string) {
    this.partition = partition;
    this.row = row;
    this.etag = etag;
    this.#json = json;
    Object.freeze(this);
  }

  get value(): unknown {
    if (this.#json !== '') {
      this.#value = frozenValue(this.#json);
      this.#json = '';
    }
    return this.#value;
  }
}
