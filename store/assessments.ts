import { z } from 'zod';
import { keyOf, VmId } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** A VM and the time zone that says when it may be assessed. */
export const DueAssessment = z.object({ vmId: VmId, timeZone: z.string() });
export type DueAssessment = Readonly<z.infer<typeof DueAssessment>>;

export interface DueRow extends DueAssessment {
  /** Sorts by the instant at which the VM is due. */
  readonly key: string;
}

export interface KeyRange {
  readonly from: string;
  readonly before: string;
}

const DUE = 'due';
const EXTENSIONS = 'extensions';

/** When each VM is due for its next periodic assessment, in the order of that instant: the sweep never reads the whole fleet. */
export interface AssessmentStore {
  dueBefore(utc: string): Promise<readonly DueRow[]>;
  range(range: KeyRange): Promise<readonly DueRow[]>;
  /** Moves VMs from the keys they were found under to the instant they are due next. */
  reschedule(rows: readonly DueRow[], dueUtc: string): Promise<void>;
  schedule(vms: readonly (DueAssessment & { readonly dueUtc: string })[]): Promise<void>;
  forget(keys: readonly string[]): Promise<void>;
  /** VMs whose patch extension was found missing or behind. */
  outdatedExtensions(): Promise<readonly DueAssessment[]>;
  markExtension(vms: readonly DueAssessment[], state: 'outdated' | 'current'): Promise<void>;
}

const parseDueAssessment = parsedOnce(DueAssessment);

export function assessmentStore(store: Store): AssessmentStore {
  const table = store.table('assessments');
  const rowsOf = (rows: readonly { row: string; value: unknown }[]): DueRow[] =>
    rows.map(({ row, value }) => ({ key: row, ...parseDueAssessment(value) }));
  const due = (dueUtc: string, { vmId, timeZone }: DueAssessment): { row: string; value: DueAssessment } => ({
    row: `${dueUtc}~${keyOf(vmId)}`,
    value: { vmId, timeZone },
  });
  return {
    dueBefore: async (utc) => rowsOf(await table.list(DUE, { before: utc })),
    range: async ({ from, before }) => rowsOf(await table.list(DUE, { from, before })),
    reschedule: (rows, dueUtc) =>
      table.write(DUE, { upsert: rows.map((row) => due(dueUtc, row)), remove: rows.map(({ key }) => key) }),
    schedule: (vms) => table.write(DUE, { upsert: vms.map((vm) => due(vm.dueUtc, vm)) }),
    outdatedExtensions: async () =>
      (await table.list(EXTENSIONS)).map(({ value }) => parseDueAssessment(value)),
    markExtension: (vms, state) =>
      table.write(
        EXTENSIONS,
        state === 'outdated'
          ? { upsert: vms.map((value) => ({ row: keyOf(value.vmId), value })) }
          : { remove: vms.map(({ vmId }) => keyOf(vmId)) },
      ),
    forget: (keys) => table.write(DUE, { remove: keys }),
  };
}
