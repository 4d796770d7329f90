import { z } from 'zod';
import { keyOf, Utc, type RolloutId, type VmId } from '../domain/ids';
import { Outcome } from '../domain/outcome';
import { PhaseId } from '../domain/phaseId';
import { PatchInstallationSummary } from '../domain/patches';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** How a VM stands in a rollout. The last word counts: a second chance overwrites the first try. */
export const OutcomeRecord = Outcome.extend({
  phase: PhaseId,
  region: z.string(),
  installation: PatchInstallationSummary.nullable(),
});
export type OutcomeRecord = Readonly<z.infer<typeof OutcomeRecord>>;

/** A VM that deserves a second chance in this rollout. */
export const SecondChance = z.object({
  outcome: Outcome,
  /** A catch-up has it until then. */
  busyUntilUtc: Utc.nullable(),
  /** The phase of that catch-up. */
  busyWith: PhaseId.nullable().default(null),
});
export type SecondChance = Readonly<z.infer<typeof SecondChance>>;

export interface OutcomeStore {
  read(id: RolloutId, vmId: VmId): Promise<OutcomeRecord | null>;
  list(id: RolloutId): Promise<readonly OutcomeRecord[]>;
  /** In the order of the VMs' keys, from behind `after`. */
  page(id: RolloutId, after: string): Promise<ListPage<OutcomeRecord>>;
  /** Records outcomes, and queues for a second chance those that call for one (`deservesSecondChance`). */
  save(id: RolloutId, records: readonly OutcomeRecord[]): Promise<void>;
  secondChances(id: RolloutId): Promise<readonly SecondChance[]>;
  /** Gives VMs to the catch-up of this phase, each until an instant of its own. */
  markBusy(
    id: RolloutId,
    phase: PhaseId,
    given: readonly { readonly chance: SecondChance; readonly untilUtc: string }[],
  ): Promise<void>;
  /** Everything that ever happened to a VM, oldest first. */
  history(vmId: VmId): Promise<readonly unknown[]>;
}

/** deferred VMs, and failed or pending patches, are caught up; a broken VM is not patched again, a skipped one not at all. */
export const deservesSecondChance = ({ kind }: Pick<Outcome, 'kind'>): boolean =>
  kind === 'deferred' || kind === 'failed';

const parseOutcomeRecord = parsedOnce(OutcomeRecord);
const parseSecondChance = parsedOnce(SecondChance);

export function outcomeStore(store: Store): OutcomeStore {
  const table = store.table('outcomes');
  const history = store.table('vmEvents');
  const queue = (id: RolloutId): string => `${id}~again`;
  return {
    read: async (id, vmId) => {
      const row = await table.get(id, keyOf(vmId));
      return row && parseOutcomeRecord(row.value);
    },
    list: async (id) => (await table.list(id)).map(({ value }) => parseOutcomeRecord(value)),
    page: (id, after) => listPage(table, id, after, parseOutcomeRecord),
    save: async (id, records) => {
      await table.write(id, { upsert: records.map((value) => ({ row: keyOf(value.vmId), value })) });
      const again = records.filter(deservesSecondChance);
      await table.write(queue(id), {
        upsert: again.map((record) => ({
          row: keyOf(record.vmId),
          value: { outcome: Outcome.parse(record), busyUntilUtc: null, busyWith: null },
        })),
        remove: records.filter((record) => !deservesSecondChance(record)).map(({ vmId }) => keyOf(vmId)),
      });
      for (const record of records)
        await history.upsert(keyOf(record.vmId), `${record.atUtc}~${id}`, { rolloutId: id, ...record });
    },
    secondChances: async (id) => (await table.list(queue(id))).map(({ value }) => parseSecondChance(value)),
    markBusy: (id, busyWith, given) =>
      table.write(queue(id), {
        upsert: given.map(({ chance: { outcome }, untilUtc: busyUntilUtc }) => ({
          row: keyOf(outcome.vmId),
          value: { outcome, busyUntilUtc, busyWith },
        })),
      }),
    history: async (vmId) => (await history.list(keyOf(vmId))).map(({ value }) => value),
  };
}
