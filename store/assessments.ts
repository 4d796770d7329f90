import { z } from 'zod';
import { keyOf, Utc, VmId } from '../domain/ids';
import { LastWritten, writeOne } from './lastWritten';
import { parsedOnce } from './parsedOnce';
import type { Row, Store, Table } from './store';

/** A VM and the time zone that says when it may be assessed. */
export const DueAssessment = z.object({ vmId: VmId, timeZone: z.string() });
export type DueAssessment = Readonly<z.infer<typeof DueAssessment>>;

/** A VM that is due for an assessment at an instant. */
export interface ScheduledAssessment extends DueAssessment {
  readonly dueUtc: string;
}

/** Which call of a sweep took VMs last, and so has a batch. Calls of a sweep come one after the other. */
const TakenBy = z.object({ sweepUtc: z.string(), call: z.number().int() });
export type TakenBy = Readonly<z.infer<typeof TakenBy>>;

/** As it was read; null: none ever took anything. */
export type LastTaken = (TakenBy & { readonly etag: string }) | null;

/** What `advanceAssessments` answers; kept with the row, so that a repeated call gets the answer of the first. */
const BatchAnswer = z.object({
  /** When the next step of any VM is due; null when all have ended. */
  dueUtc: Utc.nullable(),
  assessed: z.number().int(),
  failed: z.number().int(),
  /** What the first failure was. */
  because: z.string().nullable(),
});
export type BatchAnswer = Readonly<z.infer<typeof BatchAnswer>>;

/** A VM of a batch whose assessment has not ended. */
const BatchVm = z.object({
  vmId: VmId,
  timeZone: z.string(),
  /** When it was put off to, should nothing come of it. */
  dueUtc: Utc,
  /** Null: it is still to be started. */
  operationId: z.string().nullable(),
  /** When it is to be started, or read, next. */
  againUtc: Utc,
  /** Its patch extension was not the latest when it was started. */
  extensionIsBehind: z.boolean().optional(),
});
export type BatchVm = Readonly<z.infer<typeof BatchVm>>;

/** VMs that are assessed together, from when they are taken until the last has ended. */
export const AssessmentBatch = z.object({
  /** Number of the last call of `advanceAssessments` that was written, from 1. */
  call: z.number().int(),
  answer: BatchAnswer,
  startedUtc: Utc,
  /** Until its first call: what was taken off the schedule, and where each VM goes. A repeat of the call that took them moves the same. */
  moves: z.array(z.object({ vmId: VmId, timeZone: z.string(), fromUtc: Utc, toUtc: Utc })),
  /** More were due than it took. */
  more: z.boolean(),
  vms: z.array(BatchVm),
});
export type AssessmentBatch = Readonly<z.infer<typeof AssessmentBatch>>;

/** Of the batch that a call took. */
export const batchKey = ({ sweepUtc, call }: TakenBy): string => `${sweepUtc}~${call}`;

const DUE = 'due';
/** Stands before every instant, so that it is read with what is due. */
const TAKEN = ' taken';
const AFTER_TAKEN = '0';
/** Stand before what was taken last, in the same partition, so that a batch is made and noted in one transaction. In the order of their sweeps. */
const BATCH = ' batch~';

/** When each VM is due for its next periodic assessment, in the order of that instant: the sweep never reads the whole fleet. */
export interface AssessmentStore {
  /** The first ones, due or not, and what was taken last. */
  next(take: number): Promise<{ readonly due: readonly ScheduledAssessment[]; readonly taken: LastTaken }>;
  /** Every VM that is scheduled. For the inventory, which reads the whole fleet anyway. */
  all(): Promise<readonly ScheduledAssessment[]>;
  schedule(vms: readonly ScheduledAssessment[]): Promise<void>;
  /** Moves VMs from when they were due to when they are due next; null: never. */
  move(
    moves: readonly { readonly from: ScheduledAssessment; readonly to: ScheduledAssessment | null }[],
  ): Promise<void>;
  /**
   * Notes what a call takes, as its batch, before anything is moved; of two at once one is noted, and both get that. Null: it was noted, and has ended.
   */
  take(by: TakenBy, wanted: AssessmentBatch, last: LastTaken): Promise<AssessmentBatch | null>;
  readBatch(key: string): Promise<{ readonly batch: AssessmentBatch; readonly etag: string } | null>;
  /** False when another writer came first, or it is gone. */
  writeBatch(key: string, batch: AssessmentBatch, etag: string): Promise<boolean>;
  removeBatch(key: string): Promise<void>;
  /** Removes the batches of sweeps before an instant: of instances that died. */
  dropBatches(beforeUtc: string): Promise<void>;
}

const parseDueAssessment = parsedOnce(DueAssessment);
const parseBatch = parsedOnce(AssessmentBatch);

/** Batches under way that are known as this process wrote them: 100 VMs of some 300 bytes each. */
const KNOWN_MAX = 500;

export function assessmentStore(store: Store): AssessmentStore {
  const table = store.table('assessments');
  const { take, readBatch, writeBatch, removeBatch } = batchesOf(table);
  const keyAt = ({ dueUtc, vmId }: ScheduledAssessment): string => `${dueUtc}~${keyOf(vmId)}`;
  const rowOf = (vm: ScheduledAssessment): { row: string; value: DueAssessment } => ({
    row: keyAt(vm),
    value: { vmId: vm.vmId, timeZone: vm.timeZone },
  });
  const read = ({ row, value }: Row, parse = parseDueAssessment): ScheduledAssessment => {
    const { vmId, timeZone } = parse(value);
    return { vmId, timeZone, dueUtc: row.slice(0, row.indexOf('~')) };
  };
  return {
    next: async (count) => {
      const rows = await table.list(DUE, { from: TAKEN, take: count + 1 });
      const [first] = rows;
      const isTaken = first?.row === TAKEN;
      return {
        taken: isTaken ? { ...TakenBy.parse(first.value), etag: first.etag } : null,
        // Most are taken off the schedule right away: nothing is remembered of them.
        due: rows
          .slice(isTaken ? 1 : 0, isTaken ? count + 1 : count)
          .map((row) => read(row, (value) => DueAssessment.parse(value))),
      };
    },
    all: async () => (await table.list(DUE, { from: AFTER_TAKEN })).map((row) => read(row)),
    schedule: (vms) => table.write(DUE, { upsert: vms.map(rowOf) }),
    move: (moves) => {
      // One transaction must not name a row twice.
      const kept = new Map<string, ReturnType<typeof rowOf>>();
      for (const { to } of moves) {
        if (to === null) continue;
        const moved = rowOf(to);
        kept.set(moved.row, moved);
      }
      return table.write(DUE, {
        upsert: [...kept.values()],
        remove: [...new Set(moves.map(({ from }) => keyAt(from)))].filter((row) => !kept.has(row)),
      });
    },
    take,
    readBatch,
    writeBatch,
    removeBatch,
    dropBatches: async (beforeUtc) => {
      const old = await table.list(DUE, { from: BATCH, before: `${BATCH}${beforeUtc}` });
      if (old.length > 0) await table.write(DUE, { remove: old.map(({ row }) => row) });
    },
  };
}

/** Each a row; one that this process wrote last is known as it was written: the rows of a window are all read in the same minute. */
function batchesOf(table: Table): Pick<AssessmentStore, 'take' | 'readBatch' | 'writeBatch' | 'removeBatch'> {
  const known = new LastWritten<AssessmentBatch>(KNOWN_MAX);
  const rowAt = (key: string): string => `${BATCH}${key}`;
  const readBatch: AssessmentStore['readBatch'] = async (key) => {
    const row = await table.get(DUE, rowAt(key));
    return row && { batch: known.of(key, row) ?? parseBatch(row.value), etag: row.etag };
  };
  return {
    readBatch,
    take: async (by, wanted, last) => {
      const key = batchKey(by);
      for (let etag = last?.etag ?? null; ;) {
        const batch = { row: rowAt(key), value: wanted };
        const taken = { row: TAKEN, value: by };
        const written = await table.commit(
          DUE,
          etag === null ? { insert: [batch, taken] } : { insert: [batch], replace: [{ ...taken, etag }] },
        );
        if (written !== null) {
          const writtenAs = written.get(batch.row);
          if (writtenAs !== undefined) known.keep(key, writtenAs, wanted);
          return wanted;
        }
        const other = await readBatch(key);
        if (other !== null) return other.batch;
        const row = await table.get(DUE, TAKEN);
        const before = row && TakenBy.parse(row.value);
        if (before?.sweepUtc === by.sweepUtc && before.call >= by.call) return null;
        etag = row?.etag ?? null;
      }
    },
    writeBatch: async (key, batch, etag) => {
      const written = await writeOne(table, DUE, { row: rowAt(key), value: batch, etag });
      if (written === null) known.forget(key);
      else known.keep(key, written, batch);
      return written !== null;
    },
    removeBatch: async (key) => {
      known.forget(key);
      await table.remove(DUE, rowAt(key));
    },
  };
}
