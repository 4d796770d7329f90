import { HookAsk } from '../domain/hooks';
import type { RolloutId } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** Questions to hooks that answer by an event of their own, one row a question; asked again it is the same row. */
export interface HookAskStore {
  list(id: RolloutId): Promise<readonly HookAsk[]>;
  read(id: RolloutId, ask: string): Promise<HookAsk | null>;
  save(id: RolloutId, ask: HookAsk): Promise<void>;
}

const parseAsk = parsedOnce(HookAsk);

export function hookAskStore(store: Store): HookAskStore {
  const table = store.table('hookAsks');
  return {
    list: async (id) => (await table.list(id)).map(({ value }) => parseAsk(value)),
    read: async (id, ask) => {
      const row = await table.get(id, ask);
      return row && parseAsk(row.value);
    },
    save: (id, ask) => table.upsert(id, ask.ask, ask),
  };
}
