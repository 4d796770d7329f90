import { HookAsk } from '../domain/hooks';
import type { RolloutId } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';
import { writeInstead } from './writeInstead';

/** Questions to hooks that answer by an event of their own, one row a question; asked again it is the same row. */
export interface HookAskStore {
  list(id: RolloutId): Promise<readonly HookAsk[]>;
  read(id: RolloutId, ask: string): Promise<HookAsk | null>;
  /** In place of the question as it was read, null for none. False when it was asked anew or answered since. */
  save(id: RolloutId, ask: HookAsk, seen: HookAsk | null): Promise<boolean>;
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
    save: (id, ask, seen) => writeInstead(table, [id, ask.ask], { value: ask, seen, parse: parseAsk }),
  };
}
