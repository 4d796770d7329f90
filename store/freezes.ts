import { isDeepStrictEqual } from 'node:util';
import { Freeze } from '../domain/freezes';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** Freezes and exclusions: a short list that people keep. Asked before anything starts on a VM, so it is one partition. */
export interface FreezeStore {
  /** Also those that are over, until they are removed. */
  list(): Promise<readonly Freeze[]>;
  read(kind: Freeze['kind'], id: string): Promise<Freeze | null>;
  /** In place of what was read, null for nothing: false when it has been changed since, and stands. */
  save(freeze: Freeze, before: Freeze | null): Promise<boolean>;
  /** Reads, changes and writes until no other write came between; one that is gone stays gone. `change` returns null to leave it. */
  update(kind: Freeze['kind'], id: string, change: (freeze: Freeze) => Freeze | null): Promise<void>;
  /** As it was read: false when it has been changed since, and stands. One that is gone already is removed. */
  remove(freeze: Freeze): Promise<boolean>;
}

const ALL = 'freezes';
const parseFreeze = parsedOnce(Freeze);

export function freezeStore(store: Store): FreezeStore {
  const table = store.table('freezes');
  const row = (kind: Freeze['kind'], id: string): string => `${kind}~${id}`;
  return {
    list: async () => (await table.list(ALL)).map(({ value }) => parseFreeze(value)),
    read: async (kind, id) => {
      const found = await table.get(ALL, row(kind, id));
      return found && parseFreeze(found.value);
    },
    save: async (freeze, before) => {
      const key = row(freeze.kind, freeze.id);
      if (before === null) return table.insert(ALL, key, freeze);
      for (;;) {
        const found = await table.get(ALL, key);
        if (found === null || !isDeepStrictEqual(parseFreeze(found.value), before)) return false;
        if (await table.replace(ALL, key, freeze, found.etag)) return true;
      }
    },
    update: async (kind, id, change) => {
      for (;;) {
        const found = await table.get(ALL, row(kind, id));
        if (found === null) return;
        const after = change(parseFreeze(found.value));
        if (after === null || (await table.replace(ALL, found.row, after, found.etag))) return;
      }
    },
    remove: async (freeze) => {
      for (;;) {
        const found = await table.get(ALL, row(freeze.kind, freeze.id));
        if (found === null) return true;
        if (!isDeepStrictEqual(parseFreeze(found.value), freeze)) return false;

        if (await table.removeIf(ALL, found.row, found.etag)) return true;
      }
    },
  };
}
