import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore } from '../../store/memoryTable';
import { redoLog, watcherOf } from '../../store/redoLog';
import type { Store } from '../../store/store';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lowtide-redo-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Storage that forgets everything when it is killed, as Azurite forgets its last seconds. */
function mortal(): {
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

describe('the redo log', () => {
  it('gives storage back what it forgot, before anybody asks again', async () => {
    const { store, watch, kill } = mortal();
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
    const before = mortal();
    await redoLog(before.store, { folder, watch: before.watch }).table('rollouts').upsert('p', 'r', { n: 1 });
    const after = mortal();
    const table = redoLog(after.store, { folder, watch: after.watch }).table('rollouts');
    expect((await table.get('p', 'r'))?.value).toEqual({ n: 1 });
  });

  it('asks again when storage died while it answered', async () => {
    const { store, watch, kill } = mortal();
    const table = redoLog(store, { folder, watch }).table('rollouts');
    await table.upsert('p', 'r', { n: 1 });
    const answer = table.get('p', 'r');
    kill();
    expect((await answer)?.value).toEqual({ n: 1 });
  });

  it('is for Azurite alone', () => {
    expect(watcherOf('DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b')).toBeNull();
    expect(watcherOf('UseDevelopmentStorage=true')).not.toBeNull();
  });
});
