import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore } from '../../store/memoryTable';
import { redoLog, watcherOf } from '../../store/redoLog';
import type { Store, Table, TableName } from '../../store/store';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lowtide-redo-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Storage that forgets everything when it is killed, as Azurite forgets its last seconds. */
function crashableStore(): {
  readonly store: Store;
  readonly watch: (died: () => void) => void;
  readonly kill: () => void;
} {
  let life = memoryStore();
  let died = (): void => undefined;
  return {
    store: {
      table: (name) =>
        new Proxy(life.table(name), { get: (_, method) => Reflect.get(life.table(name), method) as unknown }),
    },
    watch: (callback) => {
      died = callback;
    },
    kill: () => {
      life = memoryStore();
      died();
    },
  };
}

/** A change of row `r` is made at once; its answer comes when the test lets it. */
function slow(store: Store): {
  readonly store: Store;
  readonly written: Promise<void>;
  readonly answer: () => void;
} {
  let write = (): void => undefined;
  let answer = (): void => undefined;
  const written = new Promise<void>((resolve) => (write = resolve));
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const late = async <T>(row: string, made: Promise<T>): Promise<T> => {
    const done = await made;
    if (row !== 'r') return done;
    write();
    await answered;
    return done;
  };
  const table = (name: TableName): Table => ({
    ...store.table(name),
    get: (partition, row) => store.table(name).get(partition, row),
    list: (partition, range) => store.table(name).list(partition, range),
    write: (partition, changes) => store.table(name).write(partition, changes),
    insert: (partition, row, value) => late(row, store.table(name).insert(partition, row, value)),
    upsert: (partition, row, value) => late(row, store.table(name).upsert(partition, row, value)),
  });
  return {
    store: { table },
    written,
    answer: () => {
      answer();
    },
  };
}

describe('the redo log', () => {
  it('gives storage back what it forgot, before the next request', async () => {
    const { store, watch, kill } = crashableStore();
    const table = redoLog(store, { folder, watch }).table('rollouts');
    await table.insert('p', 'inserted', { n: 1 });
    await table.upsert('p', 'changed', { n: 1 });
    await table.replace('p', 'changed', { n: 2 }, (await table.get('p', 'changed'))?.etag ?? '');
    await table.write('p', { upsert: [{ row: 'removed', value: {} }] });
    await table.remove('p', 'removed');
    kill();
    const rows = await table.list('p');
    expect(rows.map(({ row, value }) => [row, value])).toEqual([
      ['changed', { n: 2 }],
      ['inserted', { n: 1 }],
    ]);
  });

  it('gives it back to an app that starts again', async () => {
    const before = crashableStore();
    await redoLog(before.store, { folder, watch: before.watch }).table('rollouts').upsert('p', 'r', { n: 1 });
    const after = crashableStore();
    const table = redoLog(after.store, { folder, watch: after.watch }).table('rollouts');
    expect((await table.get('p', 'r'))?.value).toEqual({ n: 1 });
  });

  it('asks again when storage died while it answered', async () => {
    const { store, watch, kill } = crashableStore();
    const table = redoLog(store, { folder, watch }).table('rollouts');
    await table.upsert('p', 'r', { n: 1 });
    const answer = table.get('p', 'r');
    kill();
    expect((await answer)?.value).toEqual({ n: 1 });
  });

  it('gives back also what storage acknowledged right before it died', async () => {
    const { store, watch, kill } = crashableStore();
    const acknowledged = slow(store);
    const table = redoLog(acknowledged.store, { folder, watch }).table('audit');
    await table.upsert('p', 'first', { n: 1 });
    const inserting = table.insert('p', 'r', { n: 1 });
    await acknowledged.written;
    kill();
    // Another process notices, and has everything given back, before the answer has come all the way.
    await table.get('p', 'first');
    acknowledged.answer();
    await inserting;
    expect((await table.get('p', 'r'))?.value).toEqual({ n: 1 });
  });

  it('keeps what another process wrote and had no time to keep', async () => {
    const { store, watch, kill } = crashableStore();
    await store.table('audit').insert('p', 'r', { n: 1 });
    const table = redoLog(store, { folder, watch }).table('audit');
    expect(await table.insert('p', 'r', { n: 2 })).toBe(false);
    kill();
    expect((await table.get('p', 'r'))?.value).toEqual({ n: 1 });
  });

  it('keeps what a process made and died before it could say so: who only reads it does not make it again', async () => {
    const { store, watch, kill } = crashableStore();
    const dying = slow(store);
    void redoLog(dying.store, { folder, watch }).table('outcomes').insert('p', 'r', { patched: true });
    await dying.written;
    const next = redoLog(store, { folder, watch }).table('outcomes');
    expect((await next.get('p', 'r'))?.value).toEqual({ patched: true });
    kill();
    expect((await next.get('p', 'r'))?.value).toEqual({ patched: true });
  });

  it('takes a row that a process was about to make, and did not, for none', async () => {
    const { store, watch, kill } = crashableStore();
    const dying = slow(store);
    void redoLog(dying.store, { folder, watch }).table('outcomes').insert('p', 'r', { patched: true });
    await dying.written;
    kill();
    const next = redoLog(store, { folder, watch }).table('outcomes');
    expect(await next.get('p', 'r')).toBeNull();
    expect(await next.insert('p', 'r', { patched: false })).toBe(true);
    kill();
    expect((await next.get('p', 'r'))?.value).toEqual({ patched: false });
  });

  it('starts after a crash that tore its last line, and after the one that follows', async () => {
    const { store, watch } = crashableStore();
    await redoLog(store, { folder, watch }).table('outcomes').insert('p', 'a', { n: 1 });
    for (const name of readdirSync(folder)) appendFileSync(join(folder, name), '{"atMs":1,"tab');
    for (const row of ['b', 'c'])
      expect(await redoLog(store, { folder, watch }).table('outcomes').insert('p', row, { n: 2 })).toBe(true);
  });

  it('keeps a change before storage makes it', async () => {
    const { store, watch, kill } = crashableStore();
    const acknowledged = slow(store);
    const table = redoLog(acknowledged.store, { folder, watch }).table('rollouts');
    void table.upsert('p', 'r', { n: 1 });
    await acknowledged.written;
    kill();
    expect((await table.get('p', 'r'))?.value).toEqual({ n: 1 });
  });

  it('is for Azurite alone', () => {
    expect(watcherOf('DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b')).toBeNull();
    expect(watcherOf('UseDevelopmentStorage=true')).not.toBeNull();
  });
});
