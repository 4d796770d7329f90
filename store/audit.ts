import { z } from 'zod';
import { Utc, VmId } from '../domain/ids';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** One decision: who, what, why, on what evidence. Rows are added, never changed. */
export const AuditRow = z.object({
  atUtc: Utc,
  who: z.string(),
  what: z.enum([
    'rolloutRequested',
    'rolloutPlanned',
    'phaseStarted',
    'gateOpened',
    'halted',
    'held',
    'paused',
    'resumed',
    'skipped',
    'cancelled',
    'waived',
    'frozen',
    'freezeLifted',
    'excluded',
    'exclusionLifted',
    'exclusionEnds',
    'installStarted',
    'installEnded',
    'claimOverrun',
    'listingDoubted',
    'listingAccepted',
    'takenOver',
    'planFailed',
    'rolloutEnded',
  ]),
  /** What the row is about: a phase, a round, a VM's ARM id. */
  subject: z.string(),
  vmId: VmId.nullable(),
  why: z.string(),
  evidence: z.record(z.string(), z.unknown()),
});
export type AuditRow = Readonly<z.infer<typeof AuditRow>>;

export interface AuditStore {
  /** `key` makes a repeated decision the same row: a crash between two lines must not write it twice. */
  append(rolloutId: string, key: string, row: AuditRow): Promise<void>;
  has(rolloutId: string, key: string): Promise<boolean>;
  /** Oldest first. */
  list(rolloutId: string): Promise<readonly AuditRow[]>;
  /** In the order of the rows' keys, from behind `after`. */
  page(rolloutId: string, after: string): Promise<ListPage<AuditRow>>;
}

const parseAuditRow = parsedOnce(AuditRow);

export function auditStore(store: Store): AuditStore {
  const table = store.table('audit');
  return {
    append: async (rolloutId, key, row) => {
      await table.insert(rolloutId, key, row);
    },
    has: async (rolloutId, key) => (await table.get(rolloutId, key)) !== null,
    list: async (rolloutId) =>
      (await table.list(rolloutId))
        .map(({ value }) => parseAuditRow(value))
        .sort((a, b) => (a.atUtc < b.atUtc ? -1 : a.atUtc > b.atUtc ? 1 : 0)),
    page: (rolloutId, after) => listPage(table, rolloutId, { after }, parseAuditRow),
  };
}
