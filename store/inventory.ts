import { z } from 'zod';
import { keyOf, VmId, type AvailabilitySetId } from '../domain/ids';
import { VirtualMachine } from '../domain/virtualMachine';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

const VMS = 'vms';
const SETS = 'sets';

const SetSize = z.object({ size: z.number().int(), members: z.array(VmId).default([]) });

/** What Lowtide knows of the fleet, as of the last refresh. */
export interface InventoryStore {
  read(id: VmId): Promise<VirtualMachine | null>;
  list(): Promise<readonly VirtualMachine[]>;
  /** Upserts what is there and removes what is gone. Returns the ids that are new. */
  refresh(
    vms: readonly VirtualMachine[],
  ): Promise<{ added: readonly VirtualMachine[]; removed: readonly VmId[] }>;
  save(vm: VirtualMachine): Promise<void>;
  /** How many VMs the inventory has of an availability set, eligible or not. */
  setSize(id: AvailabilitySetId): Promise<number>;
  /** Its members in the inventory, eligible or not. */
  setMembers(id: AvailabilitySetId): Promise<readonly VmId[]>;
  /** How many VMs outside of availability sets the inventory has of a subscription in a region, eligible or not. */
  standaloneCount(subscriptionId: string, region: string): Promise<number>;
}

const parseSetSize = parsedOnce(SetSize);
const parseVirtualMachine = parsedOnce(VirtualMachine);

export function inventoryStore(store: Store): InventoryStore {
  const table = store.table('inventory');
  const list = async (): Promise<VirtualMachine[]> =>
    (await table.list(VMS)).map(({ value }) => parseVirtualMachine(value));
  return {
    list,
    read: async (id) => {
      const row = await table.get(VMS, keyOf(id));
      return row && parseVirtualMachine(row.value);
    },
    save: (vm) => table.upsert(VMS, keyOf(vm.id), vm),
    setSize: async (id) => {
      const row = await table.get(SETS, keyOf(id));
      return row ? parseSetSize(row.value).size : 1;
    },
    setMembers: async (id) => {
      const row = await table.get(SETS, keyOf(id));
      return row ? parseSetSize(row.value).members : [];
    },
    standaloneCount: async (subscriptionId, region) => {
      const row = await table.get(SETS, standaloneRow(subscriptionId, region));
      return row ? parseSetSize(row.value).size : 1;
    },
    refresh: async (vms) => {
      const before = new Map((await list()).map((vm) => [vm.id, JSON.stringify(vm)]));
      const now = new Set(vms.map(({ id }) => id));
      const removed = [...before.keys()].filter((id) => !now.has(id));
      const changed = vms.filter((vm) => before.get(vm.id) !== JSON.stringify(vm));
      await table.write(VMS, {
        upsert: changed.map((vm) => ({ row: keyOf(vm.id), value: vm })),
        remove: removed.map(keyOf),
      });
      await table.write(SETS, { upsert: setSizes(vms) });
      return { added: vms.filter(({ id }) => !before.has(id)), removed };
    },
  };
}

/** Beside the sets: the standalone VMs of each subscription and region. No key of a set has a `~`. */
const standaloneRow = (subscriptionId: string, region: string): string =>
  `~${subscriptionId.toLowerCase()}~${region}`;

function setSizes(vms: readonly VirtualMachine[]): { row: string; value: z.infer<typeof SetSize> }[] {
  const sets = new Map<string, VmId[]>();
  const standalone = new Map<string, number>();
  for (const { id, availabilitySetId: set, subscriptionId, region } of vms) {
    if (set === null) {
      const row = standaloneRow(subscriptionId, region);
      standalone.set(row, (standalone.get(row) ?? 0) + 1);
      continue;
    }
    const members = sets.get(keyOf(set));
    if (members === undefined) sets.set(keyOf(set), [id]);
    else members.push(id);
  }
  return [
    ...[...sets].map(([row, members]) => ({ row, value: { size: members.length, members } })),
    ...[...standalone].map(([row, size]) => ({ row, value: { size, members: [] } })),
  ];
}
