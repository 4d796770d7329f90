import { isDeepStrictEqual } from 'node:util';
import { Freeze } from '../domain/freezes';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import type { Row, Store, Table } from './store';

/** Freezes and exclusions: a short list that people keep. Asked before anything starts on a VM, so it is one partition. */
export interface FreezeStore {
  /** Those in force and to come, and those that ended lately. */
  list(): Promise<readonly Freeze[]>;
  /** Those that were set aside: over, and kept until they are removed. */
  asidePage(kind: Freeze['kind'], after: string): Promise<ListPage<Freeze>>;
  /** Wherever it is. */
  read(kind: Freeze['kind'], id: string): Promise<Freeze | null>;
  /** In place of what was read, null for nothing: false when it has been changed since, and stands. */
  save(freeze: Freeze, before: Freeze | null): Promise<boolean>;
  /** Where `list` does not read it, unless it has been changed since. Repeating it changes nothing. */
  setAside(freeze: Freeze): Promise<void>;
  /** Reads, changes and writes until no other write came between; one that is gone stays gone. `change` returns null to leave it. */
  update(kind: Freeze['kind'], id: string, change: (freeze: Freeze) => Freeze | null): Promise<void>;
  /** As it was read: false when it has been changed since, and stands. One that is gone already is removed. */
  remove(freeze: Freeze): Promise<boolean>;
}

const ALL = 'freezes';
/** Behind every kind in the order of the keys, so that one read ends before it. */
const ASIDE = 'over~';
const parseFreeze = parsedOnce(Freeze);

const keyOf = ({ kind, id }: Pick<Freeze, 'kind' | 'id'>): string => `${kind}~${id}`;
const asideKey = (freeze: Pick<Freeze, 'kind' | 'id'>): string => `${ASIDE}${keyOf(freeze)}`;

export function freezeStore(store: Store): FreezeStore {
  const table = store.table('freezes');
  return {
    list: async () => (await table.list(ALL, { before: ASIDE })).map(({ value }) => parseFreeze(value)),
    asidePage: (kind, after) => listPage(table, ALL, { after, prefix: `${ASIDE}${kind}~` }, parseFreeze),
    read: async (kind, id) => {
      const found =
        (await table.get(ALL, keyOf({ kind, id }))) ?? (await table.get(ALL, asideKey({ kind, id })));
      return found && parseFreeze(found.value);
    },
    save: (freeze, before) => save(table, freeze, before),
    setAside: (freeze) => setAside(table, freeze),
    update: async (kind, id, change) => {
      for (;;) {
        const found = await table.get(ALL, keyOf({ kind, id }));
        if (found === null) return;
        const after = change(parseFreeze(found.value));
        if (after === null || (await table.replace(ALL, found.row, after, found.etag))) return;
      }
    },
    remove: (freeze) => remove(table, freeze),
  };
}

const isAsRead = (row: Row, freeze: Freeze | null): boolean =>
  isDeepStrictEqual(parseFreeze(row.value), freeze);

async function save(table: Table, freeze: Freeze, before: Freeze | null): Promise<boolean> {
  for (;;) {
    const found = await table.get(ALL, keyOf(freeze));
    if (found !== null) {
      if (!isAsRead(found, before)) return false;
      if (await table.replace(ALL, found.row, freeze, found.etag)) return true;
      continue;
    }
    const aside = await table.get(ALL, asideKey(freeze));
    if (aside === null ? before !== null : !isAsRead(aside, before)) return false;
    if (!(await table.insert(ALL, keyOf(freeze), freeze))) continue;
    if (aside !== null) await table.remove(ALL, aside.row);
    return true;
  }
}

/** There first and then not here any more: a crash between the two leaves it in both places, where the row that `list` reads counts. */
async function setAside(table: Table, freeze: Freeze): Promise<void> {
  const found = await table.get(ALL, keyOf(freeze));
  if (found === null || !isAsRead(found, freeze)) return;
  await table.upsert(ALL, asideKey(freeze), freeze);
  if (await table.removeIf(ALL, found.row, found.etag)) return;
  // Another host has set it aside, or a person has changed it.
  if ((await table.get(ALL, found.row)) !== null) await table.remove(ALL, asideKey(freeze));
}

async function remove(table: Table, freeze: Freeze): Promise<boolean> {
  for (;;) {
    const found = await table.get(ALL, keyOf(freeze));
    const aside = await table.get(ALL, asideKey(freeze));
    const row = found ?? aside;
    if (row === null) return true;
    if (!isAsRead(row, freeze)) return false;
    if (found !== null && aside !== null) await table.remove(ALL, aside.row);
    if (await table.removeIf(ALL, row.row, row.etag)) return true;
  }
}
