import { z } from 'zod';
import { Enablement } from '../domain/enablement';
import { keyOf, Utc, VmId } from '../domain/ids';
import { VmEvent } from '../domain/vmState';
import { DueAssessment } from './assessments';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** What `advanceEnablements` answers; kept with the row, so that a repeated call gets the answer of the first. */
const EnablementAnswer = z.object({
  /** When the next step of any VM is due; null when all have ended. */
  dueUtc: Utc.nullable(),
  /** How many are enabled, and what was said of the last that ended. */
  enabled: z.number().int(),
  detail: z.string(),
  /** What the VMs' entities are to be sent. */
  events: z.array(z.object({ vmId: VmId, event: VmEvent })),
});
export type EnablementAnswer = Readonly<z.infer<typeof EnablementAnswer>>;

/** VMs that are enabled together, or whose patch extension is updated, until the last has ended. */
export const EnablementBatch = z.object({
  /** Number of the last call of `advanceEnablements` that was written, from 1. */
  call: z.number().int(),
  answer: EnablementAnswer,
  begunUtc: Utc,
  /** Those that are not enabled by then are given up. */
  endsUtc: Utc,
  /** Those that have not ended. */
  vms: z.array(z.object({ vmId: VmId, enablement: Enablement })),
});
export type EnablementBatch = Readonly<z.infer<typeof EnablementBatch>>;

/** In the order of the instants at which they began. */
export const enablementKey = (begunUtc: string, instanceId: string): string => `${begunUtc}~${instanceId}`;

const EXTENSIONS = 'extensions';
const BATCHES = 'enablements';

/** VMs that are being enabled, and those whose patch extension is to be updated. */
export interface EnablementStore {
  /** VMs whose patch extension was found missing or behind. */
  outdated(): Promise<readonly DueAssessment[]>;
  mark(vms: readonly DueAssessment[], state: 'outdated' | 'current'): Promise<void>;
  readBatch(key: string): Promise<{ readonly batch: EnablementBatch; readonly etag: string } | null>;
  /** Null for a batch that is not there yet. False when another writer came first. */
  writeBatch(key: string, batch: EnablementBatch, etag: string | null): Promise<boolean>;
  /** Removes the batches that began before an instant. A batch that has ended stays until then: its last answer may be asked for again. */
  dropBatches(beforeUtc: string): Promise<void>;
}

const parseOutdated = parsedOnce(DueAssessment);
const parseBatch = parsedOnce(EnablementBatch);

export function enablementStore(store: Store): EnablementStore {
  const table = store.table('assessments');
  return {
    outdated: async () => (await table.list(EXTENSIONS)).map(({ value }) => parseOutdated(value)),
    mark: (vms, state) =>
      table.write(
        EXTENSIONS,
        state === 'outdated'
          ? { upsert: vms.map((value) => ({ row: keyOf(value.vmId), value })) }
          : { remove: vms.map(({ vmId }) => keyOf(vmId)) },
      ),
    readBatch: async (key) => {
      const row = await table.get(BATCHES, key);
      return row && { batch: parseBatch(row.value), etag: row.etag };
    },
    writeBatch: (key, batch, etag) =>
      etag === null ? table.insert(BATCHES, key, batch) : table.replace(BATCHES, key, batch, etag),
    dropBatches: async (beforeUtc) => {
      const old = await table.list(BATCHES, { before: beforeUtc });
      if (old.length > 0) await table.write(BATCHES, { remove: old.map(({ row }) => row) });
    },
  };
}
