import type { RolloutId } from '../domain/ids';
import { noRolloutEvidence, RolloutEvidence } from '../domain/rolloutEvidence';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

export interface EvidenceStore {
  read(id: RolloutId): Promise<RolloutEvidence>;
  /**
   * Reads, changes and writes, again and again until no other writer came between. `change` must be pure: it may run more than once.
   * The same value back means: nothing to write. Returns what stands now.
   */
  update(id: RolloutId, change: (before: RolloutEvidence) => RolloutEvidence): Promise<RolloutEvidence>;
}

const ROW = 'totals';
const parseEvidence = parsedOnce(RolloutEvidence);

/** One row a rollout; see domain/rolloutEvidence.ts for why one. */
export function evidenceStore(store: Store): EvidenceStore {
  const table = store.table('evidence');
  return {
    read: async (id) => {
      const row = await table.get(id, ROW);
      return row === null ? noRolloutEvidence : parseEvidence(row.value);
    },
    update: async (id, change) => {
      for (;;) {
        const row = await table.get(id, ROW);
        const before = row === null ? noRolloutEvidence : parseEvidence(row.value);
        const after = change(before);
        if (after === before) return before;
        const written =
          row === null ? await table.insert(id, ROW, after) : await table.replace(id, ROW, after, row.etag);
        if (written) return after;
      }
    },
  };
}
