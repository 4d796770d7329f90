import type { RolloutId } from '../domain/ids';
import { noRolloutEvidence, type RolloutEvidence } from '../domain/rolloutEvidence';
import { EvidenceRow, shortEvidence, wholeEvidence } from './evidenceRow';
import { LastWritten, writeOne } from './lastWritten';
import { parsedOnce } from './parsedOnce';
import type { Row, Store } from './store';

export interface EvidenceStore {
  read(id: RolloutId): Promise<RolloutEvidence>;
  /**
   * Reads, changes and writes, again and again until no other writer came between. `change` must be pure: it may run more than once.
   * The same value back means: nothing to write. Returns what stands now.
   */
  update(id: RolloutId, change: (before: RolloutEvidence) => RolloutEvidence): Promise<RolloutEvidence>;
}

const ROW = 'totals';
const parseEvidence = parsedOnce(EvidenceRow);

/** Rollouts whose evidence is known as this process wrote it. */
const KNOWN_MAX = 16;

/** One row a rollout; see domain/rolloutEvidence.ts for why one. */
export function evidenceStore(store: Store): EvidenceStore {
  const table = store.table('evidence');
  const known = new LastWritten<RolloutEvidence>(KNOWN_MAX);
  const evidenceIn = (id: RolloutId, row: Row | null): RolloutEvidence =>
    row === null ? noRolloutEvidence : (known.of(id, row) ?? wholeEvidence(parseEvidence(row.value)));
  return {
    read: async (id) => evidenceIn(id, await table.get(id, ROW)),
    update: async (id, change) => {
      for (;;) {
        const row = await table.get(id, ROW);
        const before = evidenceIn(id, row);
        const after = change(before);
        if (after === before) return before;
        const etag = await writeOne(table, id, {
          row: ROW,
          value: shortEvidence(after),
          etag: row?.etag ?? null,
        });
        if (etag === null) continue;
        known.keep(id, etag, after);
        return after;
      }
    },
  };
}
