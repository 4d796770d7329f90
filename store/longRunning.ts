import { z } from 'zod';
import { Utc } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** A long-running operation of the ARM API that was accepted. What became of it is asked of whatever carries it out. */
export const LongRunningOperation = z.object({
  id: z.string(),
  /** What knows what became of it: `virtualMachine`, `assessPatches`, … */
  kind: z.string(),
  subscriptionId: z.string(),
  /** The region in the links of it, lower-cased. */
  location: z.string(),
  /** The ARM id it works on, as first written. */
  resourceId: z.string(),
  startedUtc: Utc,
  /** Of the version in which it was begun; results are written in its shapes. */
  apiVersion: z.string(),
  /** What the kind needs to know to find out. Never a secret. */
  data: z.record(z.string(), z.unknown()),
});
export type LongRunningOperation = Readonly<z.infer<typeof LongRunningOperation>>;

export interface LongRunningStore {
  insert(operation: LongRunningOperation): Promise<void>;
  read(subscriptionId: string, id: string): Promise<LongRunningOperation | null>;
}

const parseOperation = parsedOnce(LongRunningOperation);

export function longRunningStore(store: Store): LongRunningStore {
  const table = store.table('longRunning');
  return {
    insert: (operation) => table.upsert(operation.subscriptionId.toLowerCase(), operation.id, operation),
    read: async (subscriptionId, id) => {
      const row = await table.get(subscriptionId.toLowerCase(), id);
      return row && parseOperation(row.value);
    },
  };
}
