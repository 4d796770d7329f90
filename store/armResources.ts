import { z } from 'zod';
import { keyOf } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** What a client put and the simulated Azure only keeps: deployments, and the network that VMs are said to be in. */
export const ArmResourceRow = z.object({
  /** As first written, and so is `type`. */
  armId: z.string(),
  type: z.string(),
  body: z.record(z.string(), z.unknown()),
});
export type ArmResourceRow = Readonly<z.infer<typeof ArmResourceRow>>;

/** By the ARM id of the resource group; ids match without regard to case. */
export interface ArmResourceStore {
  put(groupId: string, resource: ArmResourceRow): Promise<void>;
  read(groupId: string, armId: string): Promise<ArmResourceRow | null>;
  /** In no order that means anything. */
  list(groupId: string): Promise<readonly ArmResourceRow[]>;
  remove(groupId: string, armId: string): Promise<void>;
  removeGroup(groupId: string): Promise<void>;
}

const parseResource = parsedOnce(ArmResourceRow);

export function armResourceStore(store: Store): ArmResourceStore {
  const table = store.table('armResources');
  return {
    put: (groupId, resource) => table.upsert(keyOf(groupId), keyOf(resource.armId), resource),
    read: async (groupId, armId) => {
      const row = await table.get(keyOf(groupId), keyOf(armId));
      return row && parseResource(row.value);
    },
    list: async (groupId) => (await table.list(keyOf(groupId))).map(({ value }) => parseResource(value)),
    remove: (groupId, armId) => table.remove(keyOf(groupId), keyOf(armId)),
    removeGroup: async (groupId) => {
      const rows = await table.list(keyOf(groupId));
      if (rows.length > 0) await table.write(keyOf(groupId), { remove: rows.map(({ row }) => row) });
    },
  };
}
