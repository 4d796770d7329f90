import { z } from 'zod';
import { Utc, VmId, type RolloutId } from '../domain/ids';
import { VmEvent } from '../domain/vmState';
import { VmUpdate } from '../domain/vmUpdate';
import { LastWritten, writeOne } from './lastWritten';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** What `advanceRound` answers; kept with the row, so that a repeated call gets the answer of the first. */
export const AdvanceAnswer = z.object({
  /** When the next step of any VM is due; null when every VM has its outcome. */
  dueUtc: Utc.nullable(),
  /** What the VMs' entities are to be sent. */
  events: z.array(z.object({ vmId: VmId, event: VmEvent })),
});
export type AdvanceAnswer = Readonly<z.infer<typeof AdvanceAnswer>>;

/** How far the VMs of a round have come, under the id of its claim. */
export const RoundProgress = z.object({
  /** Number of the last call of `advanceRound` that was written, from 1; 0 before. */
  call: z.number().int(),
  answer: AdvanceAnswer,
  /** When its first call was; absent in rows of before. */
  startedUtc: Utc.exactOptional(),
  /** Its VMs were looked at before its claim was granted, and no call has been written yet. */
  isOpened: z.boolean().exactOptional(),
  /** Hooks that were asked after VMs of it, by name: the places of those VMs. */
  asked: z.record(z.string(), z.array(z.int().nonnegative())).exactOptional(),
  /** In the order of the plan. */
  vms: z.array(z.object({ vmId: VmId, update: VmUpdate })),
});
export type RoundProgress = Readonly<z.infer<typeof RoundProgress>>;

export interface RoundProgressStore {
  read(id: RolloutId, claimId: string): Promise<{ progress: RoundProgress; etag: string } | null>;
  /** Inserts the first (`etag` null) or replaces the row that was read. The row's new ETag; null when another writer came first. */
  write(id: RolloutId, claimId: string, progress: RoundProgress, etag: string | null): Promise<string | null>;
}

const parseProgress = parsedOnce(RoundProgress);

/** Rounds under way whose progress is known as this process wrote it: up to 80 VMs of some hundred bytes each. */
const KNOWN_MAX = 1_000;

/** One row a round in table `rounds`, in a partition of its own: 80 VMs are some 15 to 80 KB. */
export function roundProgressStore(store: Store): RoundProgressStore {
  const table = store.table('rounds');
  const known = new LastWritten<RoundProgress>(KNOWN_MAX);
  const partition = (id: RolloutId): string => `${id}~progress`;
  return {
    read: async (id, claimId) => {
      const row = await table.get(partition(id), claimId);
      if (row === null) return null;
      return { progress: known.of(`${id} ${claimId}`, row) ?? parseProgress(row.value), etag: row.etag };
    },
    write: async (id, claimId, progress, etag) => {
      const written = await writeOne(table, partition(id), { row: claimId, value: progress, etag });
      // A round that has ended is read once more, to be recorded.
      if (written === null || progress.answer.dueUtc === null) known.forget(`${id} ${claimId}`);
      else known.keep(`${id} ${claimId}`, written, progress);
      return written;
    },
  };
}
