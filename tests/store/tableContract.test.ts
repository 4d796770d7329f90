import { createCipheriv } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { azureStore } from '../../store/azureTable';
import { memoryStore } from '../../store/memoryTable';
import { redoLog, watcherOf } from '../../store/redoLog';
import type { Row, Store, Table } from '../../store/store';
import { startAzurite } from '../support/azurite';

const keysOf = (rows: readonly Row[]): string[] => rows.map(({ row }) => row);

/** Text that looks random and is the same every time. */
const incompressible = (length: number): string =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
    .update(Buffer.alloc(length))
    .toString('base64')
    .slice(0, length);

/** Every kind of store keeps the same promises: simulations in memory are worth only as much as memory resembles Azure. */
const kinds: { name: string; open: () => Promise<{ store: Store; close: () => Promise<void> }> }[] = [
  {
    name: 'memory',
    open: () => Promise.resolve({ store: memoryStore(), close: () => Promise.resolve() }),
  },
  {
    name: 'Azure Tables (Azurite)',
    open: async () => {
      const azurite = await startAzurite();
      return { store: azureStore(azurite.connectionString), close: () => azurite.stop() };
    },
  },
  {
    name: 'Azure Tables with a redo log',
    open: async () => {
      const azurite = await startAzurite();
      const folder = mkdtempSync(join(tmpdir(), 'lowtide-redo-'));
      const watch = watcherOf(azurite.connectionString);
      if (watch === null) throw new Error('Azurite was not recognised.');
      return {
        store: redoLog(azureStore(azurite.connectionString), { folder, watch }),
        close: async () => {
          await azurite.stop();
          rmSync(folder, { recursive: true });
        },
      };
    },
  },
];

describe.each(kinds)('a table in $name', ({ open }) => {
  let table: Table;
  let close: () => Promise<void>;
  let partition = '';
  let tests = 0;

  beforeAll(async () => {
    const opened = await open();
    close = opened.close;
    table = opened.store.table('inventory');
  });
  afterAll(() => close());
  beforeEach(() => {
    partition = `p${(tests += 1)}`;
  });

  it('commits a transaction whole, when every row is as expected', async () => {
    await table.upsert(partition, 'old', 1);
    const { etag = '' } = (await table.get(partition, 'old')) ?? {};
    const insert = [{ row: 'new', value: 2 }];
    const committed = await table.commit(partition, { insert, replace: [{ row: 'old', value: 3, etag }] });
    const rows = await table.list(partition);
    expect(rows.map(({ row, value }) => [row, value])).toEqual([
      ['new', 2],
      ['old', 3],
    ]);
    // What is committed can be replaced without being read.
    expect(rows.map((row) => [row.row, row.etag])).toEqual([...(committed ?? [])].sort());
  });

  it.each([
    ['a row to be inserted is there', { insert: [{ row: 'old', value: 9 }] }],
    [
      'a row has changed',
      { replace: [{ row: 'old', value: 9, etag: 'W/"datetime\'2020-01-01T00%3A00%3A00Z\'"' }] },
    ],
  ])('changes nothing of a transaction when %s', async (_why, unexpected) => {
    await table.upsert(partition, 'old', 1);
    const insert = [{ row: 'new', value: 2 }, ...('insert' in unexpected ? unexpected.insert : [])];
    expect(await table.commit(partition, { ...unexpected, insert })).toBeNull();
    expect((await table.list(partition)).map(({ row, value }) => [row, value])).toEqual([['old', 1]]);
  });

  it('lists no more rows than are asked for, the first ones', async () => {
    await table.write(partition, { upsert: ['a', 'b', 'c', 'd'].map((row) => ({ row, value: row })) });
    expect(keysOf(await table.list(partition, { take: 2 }))).toEqual(['a', 'b']);
    expect(keysOf(await table.list(partition, { from: 'b', take: 2 }))).toEqual(['b', 'c']);
    expect(keysOf(await table.list(partition, { from: 'c', take: 9 }))).toEqual(['c', 'd']);
  });

  it('answers null for a row that is not there', async () => {
    expect(await table.get(partition, 'no-such-row')).toBeNull();
  });

  it('gives back what was put in, with its keys', async () => {
    const value = { name: 'vm-1', zone: null, count: 3, list: [1, { deep: 'ä€😀' }], yes: true };
    await table.upsert(partition, 'r', value);
    expect(await table.get(partition, 'r')).toMatchObject({ partition, row: 'r', value });
  });

  it('keeps any JSON value, dates and type hints as the text they are', async () => {
    const value = {
      at: '2026-11-10T18:00:00.000Z',
      'at@odata.type': 'Edm.DateTime',
      __proto__: 1,
      big: 2 ** 53 - 1,
    };
    for (const [row, one] of [value, 'text', '', 7, true, null, [], {}].entries()) {
      await table.upsert(partition, String(row), one);
      expect((await table.get(partition, String(row)))?.value).toEqual(one);
    }
  });

  it('refuses a value that JSON cannot say', async () => {
    await expect(table.upsert(partition, 'r', undefined)).rejects.toThrow('no JSON value');
    expect(await table.get(partition, 'r')).toBeNull();
  });

  it('is not touched by what a writer does to its object afterwards', async () => {
    const value = { list: [1] };
    await table.upsert(partition, 'r', value);
    value.list.push(2);
    expect((await table.get(partition, 'r'))?.value).toEqual({ list: [1] });
  });

  it('is not touched by readers: what they get is frozen all the way down', async () => {
    await table.upsert(partition, 'r', { list: [{ deep: 1 }] });
    const value = (await table.get(partition, 'r'))?.value as { list: [{ deep: number }] };
    expect(() => {
      value.list[0].deep = 2;
    }).toThrow(TypeError);
    expect((await table.list(partition))[0]?.value).toEqual({ list: [{ deep: 1 }] });
  });

  it('inserts a row once', async () => {
    expect(await table.insert(partition, 'r', 1)).toBe(true);
    expect(await table.insert(partition, 'r', 2)).toBe(false);
    expect((await table.get(partition, 'r'))?.value).toBe(1);
  });

  it('lets exactly one of many inserts at once win', async () => {
    const wins = await Promise.all(Array.from({ length: 8 }, (_, i) => table.insert(partition, 'r', i)));
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect((await table.get(partition, 'r'))?.value).toBe(wins.indexOf(true));
  });

  it('replaces a row only if it is as it was read', async () => {
    await table.upsert(partition, 'r', 1);
    const first = await table.get(partition, 'r');
    const etag = first?.etag ?? '';
    expect(await table.replace(partition, 'r', 2, etag)).toBe(true);
    expect(await table.replace(partition, 'r', 3, etag)).toBe(false);
    expect((await table.get(partition, 'r'))?.value).toBe(2);
  });

  it('lets exactly one of many replacements of the same reading win', async () => {
    await table.upsert(partition, 'r', 'start');
    const etag = (await table.get(partition, 'r'))?.etag ?? '';
    const wins = await Promise.all(
      Array.from({ length: 8 }, (_, i) => table.replace(partition, 'r', i, etag)),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect((await table.get(partition, 'r'))?.value).toBe(wins.indexOf(true));
  });

  it('does not replace a row that is gone', async () => {
    await table.upsert(partition, 'r', 1);
    const etag = (await table.get(partition, 'r'))?.etag ?? '';
    await table.remove(partition, 'r');
    expect(await table.replace(partition, 'r', 2, etag)).toBe(false);
    expect(await table.get(partition, 'r')).toBeNull();
  });

  it('does not replace a row that was removed and made again', async () => {
    await table.upsert(partition, 'r', 1);
    const etag = (await table.get(partition, 'r'))?.etag ?? '';
    await table.remove(partition, 'r');
    await table.insert(partition, 'r', 1);
    expect(await table.replace(partition, 'r', 2, etag)).toBe(false);
  });

  it('lists a row with the ETag that replaces it', async () => {
    await table.upsert(partition, 'r', 1);
    const [row] = await table.list(partition);
    expect(await table.replace(partition, 'r', 2, row?.etag ?? '')).toBe(true);
  });

  it('replaces the whole value: members of the old one do not shine through', async () => {
    await table.upsert(partition, 'r', 'x'.repeat(70_000));
    await table.upsert(partition, 'r', { b: 2 });
    expect((await table.get(partition, 'r'))?.value).toEqual({ b: 2 });
  });

  it('removes a row, and does not mind when it is gone already', async () => {
    await table.upsert(partition, 'r', 1);
    await table.remove(partition, 'r');
    await table.remove(partition, 'r');
    expect(await table.get(partition, 'r')).toBeNull();
    expect(await table.list(partition)).toEqual([]);
  });

  it('removes a row as it was read, and no other', async () => {
    await table.upsert(partition, 'r', 1);
    const etag = (await table.get(partition, 'r'))?.etag ?? '';
    await table.upsert(partition, 'r', 2);
    expect(await table.removeIf(partition, 'r', etag)).toBe(false);
    const now = await table.get(partition, 'r');
    expect(now?.value).toBe(2);
    expect(await table.removeIf(partition, 'r', now?.etag ?? '')).toBe(true);
    expect(await table.removeIf(partition, 'r', now?.etag ?? '')).toBe(false);
    expect(await table.get(partition, 'r')).toBeNull();
  });

  it('lists in the order of the row keys, whatever the order of writing', async () => {
    const rows = ['b', 'a-10', 'B', '0', 'a-2', '~', 'é', 'a', 'aa', '_'];
    for (const row of rows) await table.upsert(partition, row, row);
    expect(keysOf(await table.list(partition))).toEqual([...rows].sort());
  });

  it('lists from a key inclusive, before a key exclusive', async () => {
    for (const row of ['a', 'b', 'c', 'd']) await table.upsert(partition, row, row);
    expect(keysOf(await table.list(partition, { from: 'b', before: 'd' }))).toEqual(['b', 'c']);
    expect(keysOf(await table.list(partition, { from: 'bb' }))).toEqual(['c', 'd']);
    expect(keysOf(await table.list(partition, { before: 'b' }))).toEqual(['a']);
    expect(keysOf(await table.list(partition, { from: 'd', before: 'a' }))).toEqual([]);
  });

  it('keeps its order through writes and removals between lists', async () => {
    await table.write(partition, { upsert: ['k', 'c', 'x'].map((row) => ({ row, value: 1 })) });
    expect(keysOf(await table.list(partition))).toEqual(['c', 'k', 'x']);
    await table.remove(partition, 'k');
    await table.insert(partition, 'a', 1);
    await table.insert(partition, 'k', 2);
    await table.insert(partition, 'd', 1);
    await table.remove(partition, 'd');
    expect(keysOf(await table.list(partition))).toEqual(['a', 'c', 'k', 'x']);
  });

  it('knows nothing of the rows of other partitions', async () => {
    await table.upsert(`${partition}a`, 'r', 1);
    await table.upsert(`${partition}b`, 'r', 2);
    expect((await table.list(`${partition}a`)).map(({ value }) => value)).toEqual([1]);
    expect(await table.list(partition)).toEqual([]);
  });

  it('lists more rows than a page of Azure holds', async () => {
    const upsert = Array.from({ length: 1250 }, (_, i) => ({ row: String(i).padStart(5, '0'), value: i }));
    await table.write(partition, { upsert });
    const rows = await table.list(partition);
    expect(rows.map(({ value }) => value)).toEqual(upsert.map(({ value }) => value));
  });

  it('writes and removes many rows, and does not mind removals of rows that are gone', async () => {
    await table.write(partition, { upsert: ['a', 'b', 'c'].map((row) => ({ row, value: row })) });
    await table.write(partition, {
      upsert: [
        { row: 'a', value: 'new' },
        { row: 'd', value: 'd' },
      ],
      remove: ['b', 'never was'],
    });
    expect((await table.list(partition)).map(({ row, value }) => [row, value])).toEqual([
      ['a', 'new'],
      ['c', 'c'],
      ['d', 'd'],
    ]);
    await table.write(partition, { remove: ['never was either'] });
    await table.write(partition, {});
  });

  it('changes nothing when one change of a write is refused', async () => {
    const bad = { row: 'b', value: undefined };
    await expect(table.write(partition, { upsert: [{ row: 'a', value: 1 }, bad] })).rejects.toThrow(
      'no JSON',
    );
    expect(await table.list(partition)).toEqual([]);
  });

  it('refuses a write that names a row twice', async () => {
    await expect(table.write(partition, { upsert: [{ row: 'a', value: 1 }], remove: ['a'] })).rejects.toThrow(
      'changed twice',
    );
  });

  it('keeps 900 KB of JSON, ASCII and not', async () => {
    for (const value of [
      '"x"'.repeat(225_000).slice(0, 449_000),
      incompressible(899_000),
      ...['', 'x', 'xx'].map((before) => before + '€'.repeat(45_000)),
      'é€'.repeat(179_000),
      '😀'.repeat(224_000),
    ]) {
      await table.upsert(partition, 'r', { value });
      const read = (await table.get(partition, 'r'))?.value as { value: string };
      // A failed toEqual would print a megabyte.
      expect(read.value === value).toBe(true);
    }
  });

  it('keeps whole characters and half ones, also where a row is cut into properties', async () => {
    for (const value of [
      `${'x'.repeat(29_998)}😀`,
      `${'x'.repeat(29_999)}\ud83d`,
      `${'x'.repeat(29_998)}\ud83d`,
    ]) {
      await table.upsert(partition, 'r', value);
      expect((await table.get(partition, 'r'))?.value === value).toBe(true);
    }
  });

  it('refuses more than 900 KB, in words', async () => {
    await expect(table.upsert(partition, 'r', 'x'.repeat(900_000))).rejects.toThrow('900002 bytes');
  });

  it('writes more than a transaction of Azure holds', async () => {
    const value = incompressible(800_000);
    const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    await table.write(partition, { upsert: rows.map((row) => ({ row, value })) });
    expect((await table.list(partition)).map((row) => row.value === value)).toEqual(rows.map(() => true));
  });

  it.each([
    "o'clock",
    'a b',
    'ä€😀',
    'a%2Fb',
    'a+b&c=d',
    'rollout-2026-11.1:phase-2',
    '{x}',
    '"q"',
    "''",
    '$batch',
    '%',
  ])('takes the key %s in every call', async (key) => {
    const p = `${partition}${key}`;
    expect(await table.insert(p, key, 1)).toBe(true);
    await table.upsert(p, key, 2);
    const row = await table.get(p, key);
    expect(row).toMatchObject({ partition: p, row: key, value: 2 });
    expect(await table.replace(p, key, 3, row?.etag ?? '')).toBe(true);
    expect((await table.list(p, { from: key, before: `${key}~` })).map(({ value }) => value)).toEqual([3]);
    await table.write(p, { upsert: [{ row: key, value: 4 }] });
    await table.write(p, { remove: [key] });
    await table.upsert(p, key, 5);
    await table.remove(p, key);
    expect(await table.list(p)).toEqual([]);
  });

  it.each([
    ['with a slash', 'a/b'],
    ['with a backslash', 'a\\b'],
    ['with a hash', 'a#b'],
    ['with a question mark', 'a?b'],
    ['with a control character', 'a\tb'],
    ['with a late control character', 'a\u007fb'],
    ['without characters', ''],
    ['of more than 512 characters', 'x'.repeat(513)],
  ])('refuses a key %s in every call, before anything is sent', async (_, key) => {
    await expect(table.get(partition, key)).rejects.toThrow(RangeError);
    await expect(table.get(key, 'r')).rejects.toThrow(RangeError);
    await expect(table.insert(partition, key, 1)).rejects.toThrow(RangeError);
    await expect(table.upsert(partition, key, 1)).rejects.toThrow(RangeError);
    await expect(table.replace(partition, key, 1, 'W/"1"')).rejects.toThrow(RangeError);
    await expect(table.remove(partition, key)).rejects.toThrow(RangeError);
    await expect(table.list(key)).rejects.toThrow(RangeError);
    await expect(table.write(partition, { remove: [key] })).rejects.toThrow(RangeError);
  });
});
