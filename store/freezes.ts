import { Freeze } from '../domain/freezes';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** Freezes and exclusions: a short list that people keep. Asked before anything starts on a VM, so it is one partition. */
export interface FreezeStore {
  /** Also those that are over, until they are removed. */
  list(): Promise<readonly Freeze[]>;
  read(kind: Freeze['kind'], id: string): Promise<Freeze | null>;
  save(freeze: Freeze): Promise<void>;
  remove(kind: Freeze['kind'], id: string): Promise<void>;
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
    save: (freeze) => table.upsert(ALL, row(freeze.kind, freeze.id), freeze),
    remove: (kind, id) => table.remove(ALL, row(kind, id)),
  };
}
