import { z } from 'zod';
import { keyOf, Utc, VmId } from '../domain/ids';
import { PatchInstallationSummary } from '../domain/patches';
import { FactValue, OutcomeKind, OutcomeReason } from '../domain/reasons';
import { RefusalCode } from '../domain/refusals';
import { LastWritten, writeOne } from './lastWritten';
import { allPages, listPage, PAGE_OF_ONE_REQUEST, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** Why an installation was not started, and will not be. */
const LastingStop = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('forbidden'),
    holds: z.array(
      z.object({
        kind: OutcomeKind,
        reason: OutcomeReason,
        facts: z.record(z.string(), FactValue),
        detail: z.string(),
      }),
    ),
  }),
  z.object({
    kind: z.literal('refused'),
    code: RefusalCode.exclude(['conflict', 'throttled']),
    message: z.string(),
  }),
]);
export type LastingStop = Readonly<z.infer<typeof LastingStop>>;

/** The installation of a VM that is in flight, or was last: the row whose ETag makes starting one idempotent. */
export const InstallOperation = z.object({
  vmId: VmId,
  region: z.string(),
  rolloutId: z.string().nullable(),
  claimId: z.string(),
  intentUtc: Utc,
  /** The VM's last installation before the intent: a new one since is ours. */
  previousActivityId: z.string().nullable(),
  /** When it has ended at the latest. */
  deadlineUtc: Utc,
  /** Null while the answer to the request is not known. */
  operationId: z.string().nullable(),
  endedUtc: Utc.nullable(),
  summary: PatchInstallationSummary.nullable(),
  /** Absent unless its claim asks for it no more. */
  stop: LastingStop.exactOptional(),
  /** Since when a person has accepted how the VM is after it. The next installation has a row without. */
  waivedUtc: Utc.exactOptional(),
});
export type InstallOperation = Readonly<z.infer<typeof InstallOperation>>;

export interface OperationStore {
  read(region: string, vmId: VmId): Promise<{ operation: InstallOperation; etag: string } | null>;
  /** Replaces the row that was read, or inserts the first. False when the row has changed since. */
  put(operation: InstallOperation, etag: string | null): Promise<boolean>;
  save(operation: InstallOperation): Promise<void>;
  /** A person accepts how the VM is after its last installation; nothing where there was none. */
  waive(region: string, vmId: VmId, waivedUtc: string): Promise<void>;
  /**
   * The installs of a region that were begun under a claim, ended or not: for a claim whose round died, which is rare. A round's own row does not
   * name all of them (a VM that was moved is known by its new id), so that every row of the region is looked at, and none is kept.
   */
  ofClaim(region: string, claimId: string): Promise<readonly InstallOperation[]>;
}

const parseInstallOperation = parsedOnce(InstallOperation);

/** Installations that are known as this process wrote them: those of the rounds under way. */
const KNOWN_MAX = 2_000;

export function operationStore(store: Store): OperationStore {
  const table = store.table('operations');
  const known = new LastWritten<InstallOperation>(KNOWN_MAX);
  const read: OperationStore['read'] = async (region, vmId) => {
    const key = keyOf(vmId);
    const row = await table.get(region, key);
    if (row === null) return null;
    return {
      operation: known.of(`${region} ${key}`, row) ?? parseInstallOperation(row.value),
      etag: row.etag,
    };
  };
  const put: OperationStore['put'] = async (operation, etag) => {
    const { region, vmId } = operation;
    const key = keyOf(vmId);
    const written = await writeOne(table, region, { row: key, value: operation, etag });
    if (written !== null) known.keep(`${region} ${key}`, written, operation);
    return written !== null;
  };
  return {
    read,
    put,
    waive: async (region, vmId, waivedUtc) => {
      for (;;) {
        const found = await read(region, vmId);
        if (found === null || (await put({ ...found.operation, waivedUtc }, found.etag))) return;
      }
    },
    save: (operation) => table.upsert(operation.region, keyOf(operation.vmId), operation),
    ofClaim: async (region, claimId) => {
      const found: InstallOperation[] = [];
      const pageOf = (after: string): Promise<ListPage<InstallOperation>> =>
        listPage(table, region, { after, size: PAGE_OF_ONE_REQUEST }, parseInstallOperation);
      for await (const operation of allPages(pageOf))
        if (operation.claimId === claimId) found.push(operation);
      return found;
    },
  };
}
