import { z } from 'zod';
import { keyOf, VmId } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** A VM and the time zone that says when it may be assessed. */
export const DueAssessment = z.object({ vmId: VmId, timeZone: z.string() });
export type DueAssessment = Readonly<z.infer<typeof DueAssessment>>;

/** A VM that is due for an assessment at an instant. */
export interface ScheduledAssessment extends DueAssessment {
  readonly dueUtc: string;
}

/** What the last call of a sweep has taken, and where each VM went: a repeat of the call takes the same. */
const TakenDue = z.object({
  sweepUtc: z.string(),
  /** Calls of a sweep come one after the other. */
  call: z.number().int(),
  moves: z.array(z.object({ vmId: VmId, timeZone: z.string(), fromUtc: z.string(), toUtc: z.string() })),
  more: z.boolean(),
});
export type TakenDue = z.infer<typeof TakenDue>;

/** As it was read; null: none ever took anything. */
export type LastTaken = (TakenDue & { readonly etag: string }) | null;

const DUE = 'due';
/** Stands before every instant, so that it is read with what is due. */
const TAKEN = ' taken';
const AFTER_TAKEN = '0';
const EXTENSIONS = 'extensions';

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
  /** Notes what a call takes before anything is moved; of two at once one is noted, and both get that. */
  take(wanted: TakenDue, last: LastTaken): Promise<TakenDue>;
  /** VMs whose patch extension was found missing or behind. */
  outdatedExtensions(): Promise<readonly DueAssessment[]>;
  markExtension(vms: readonly DueAssessment[], state: 'outdated' | 'current'): Promise<void>;
}

const parseDueAssessment = parsedOnce(DueAssessment);

export function assessmentStore(store: Store): AssessmentStore {
  const table = store.table('assessments');
  const keyAt = ({ dueUtc, vmId }: ScheduledAssessment): string => `${dueUtc}~${keyOf(vmId)}`;
  const rowOf = (vm: ScheduledAssessment): { row: string; value: DueAssessment } => ({
    row: keyAt(vm),
    value: { vmId: vm.vmId, timeZone: vm.timeZone },
  });
  const read = ({ row, value }: { row: string; value: unknown }): ScheduledAssessment => ({
    ...parseDueAssessment(value),
    dueUtc: row.slice(0, row.indexOf('~')),
  });
  return {
    next: async (take) => {
      const rows = await table.list(DUE, { take: take + 1 });
      const [first] = rows;
      const isTaken = first?.row === TAKEN;
      return {
        taken: isTaken ? { ...TakenDue.parse(first.value), etag: first.etag } : null,
        due: rows.slice(isTaken ? 1 : 0, isTaken ? take + 1 : take).map(read),
      };
    },
    all: async () => (await table.list(DUE, { from: AFTER_TAKEN })).map(read),
    schedule: (vms) => table.write(DUE, { upsert: vms.map(rowOf) }),
    move: (moves) => {
      // One transaction must not name a row twice.
      const kept = new Map(moves.flatMap(({ to }) => (to === null ? [] : [[keyAt(to), rowOf(to)] as const])));
      return table.write(DUE, {
        upsert: [...kept.values()],
        remove: [...new Set(moves.map(({ from }) => keyAt(from)))].filter((row) => !kept.has(row)),
      });
    },
    take: async (wanted, last) => {
      for (let etag = last?.etag ?? null; ;) {
        const written =
          etag === null
            ? await table.insert(DUE, TAKEN, wanted)
            : await table.replace(DUE, TAKEN, wanted, etag);
        if (written) return wanted;
        const row = await table.get(DUE, TAKEN);
        const before = row && TakenDue.parse(row.value);
        if (before?.sweepUtc === wanted.sweepUtc && before.call === wanted.call) return before;
        etag = row?.etag ?? null;
      }
    },
    outdatedExtensions: async () =>
      (await table.list(EXTENSIONS)).map(({ value }) => parseDueAssessment(value)),
    markExtension: (vms, state) =>
      table.write(
        EXTENSIONS,
        state === 'outdated'
          ? { upsert: vms.map((value) => ({ row: keyOf(value.vmId), value })) }
          : { remove: vms.map(({ vmId }) => keyOf(vmId)) },
      ),
  };
}
