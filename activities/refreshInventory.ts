import { dueAtSweepUtc } from '../domain/hourlySweep';
import { comparisonUtc } from '../domain/inventoryChanges';
import * as contracts from './contracts';
import { setsToFollow } from './fleet/followMoved';
import { seenDue } from './fleet/seenDue';
import { wakingActivity } from './services';
import { takeListing } from './fleet/takeListing';
import { wakeForInventory } from './rollout/wake';

/** Rows that one call writes: some ten seconds on a slow table, well within the two minutes that an activity has. */
const CHANGES_A_CALL_MAX = 5000;

const NO_SETS: Awaited<ReturnType<typeof setsToFollow>> = { sets: [], count: 0 };

export const refreshInventory = wakingActivity(
  contracts.refreshInventory,
  async (services, { nowUtc, accept, seen: given, followed = [] }) => {
    const seen = await seenDue(services, 'inventory', given);
    const taken = await takeListing(services, {
      accept,
      changesMax: CHANGES_A_CALL_MAX,
      agreed: accept ? null : (seen?.listed ?? null),
    });
    const { present, added, changed, buried, notBelieved, agreed } = taken;
    const isAsBefore = agreed !== null && agreed.fingerprint === given?.listed?.fingerprint;
    const toFollow = isAsBefore && followed.length === 0 ? NO_SETS : await setsToFollow(services, followed);
    const remaining = taken.remaining + toFollow.count;
    if (remaining === 0) {
      const { inventoryEverySeconds: everySeconds } = services.policy;
      const listed = agreed === null ? null : { ...agreed, everySeconds };
      const nextUtc = listed === null ? dueAtSweepUtc(nowUtc, everySeconds) : comparisonUtc(listed);
      // The changes of its sweep have written to the row that it was started for.
      const row = seen?.listed !== undefined && !isAsBefore ? await services.agenda.read('inventory') : seen;
      await services.agenda.reschedule(row, 'inventory', nextUtc, listed);
    }
    if (added.length > 0 && taken.remaining === 0) await wakeForInventory(services);
    return {
      vmCount: present.length,
      added: added.length,
      changed: changed.length,
      gone: buried.length,
      remaining,
      notBelieved: notBelieved.slice(0, 20),
      movedSets: [...toFollow.sets],
    };
  },
);
