import { z } from 'zod';
import { Utc, type RolloutId } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** An orchestration instance that sleeps until it is woken. */
export const WaitRecord = z.object({
  instanceId: z.string(),
  /** What its answer depends on. */
  topic: z.string(),
  /** From then on it waits no more, woken or not. */
  untilUtc: Utc,
});
export type WaitRecord = Readonly<z.infer<typeof WaitRecord>>;

/** The waits of rollouts, in the order of the instants at which they end by themselves. */
export interface WaitStore {
  register(id: RolloutId, wait: WaitRecord): Promise<void>;
  /** Takes the waits of a topic (all of them for null) that are still under way out of the table, and returns their instances. */
  take(id: RolloutId, topic: string | null, nowUtc: string): Promise<readonly string[]>;
}

const parseWait = parsedOnce(WaitRecord);

export function waitStore(store: Store): WaitStore {
  const table = store.table('waits');
  return {
    register: (id, wait) => table.upsert(id, [wait.untilUtc, wait.topic, wait.instanceId].join('~'), wait),
    take: async (id, topic, nowUtc) => {
      const rows = await table.list(id, { from: nowUtc });
      const taken = rows
        .map(({ row, value }) => ({ row, ...parseWait(value) }))
        .filter((wait) => topic === null || wait.topic === topic);
      if (taken.length > 0) await table.write(id, { remove: taken.map(({ row }) => row) });
      return taken.map(({ instanceId }) => instanceId);
    },
  };
}
