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

export const refreshInventory = wakingActivity(
  contracts.refreshInventory,
  async (services, { nowUtc, accept, seen: given }) => {
    const seen = await seenDue(services, 'inventory', given);
    const taken = await takeListing(services, {
      accept,
      changesMax: CHANGES_A_CALL_MAX,
      agreed: accept ? null : (seen?.listed ?? null),
    });
    const { present, added, changed, buried, notBelieved, remaining, agreed } = taken;
    const isAsBefore = agreed !== null && agreed.fingerprint === given?.listed?.fingerprint;
    if (remaining === 0) {
      const { inventoryEverySeconds: everySeconds } = services.policy;
      const listed = agreed === null ? null : { ...agreed, everySeconds };
      const nextUtc = listed === null ? dueAtSweepUtc(nowUtc, everySeconds) : comparisonUtc(listed);
      // Its own changes have written to the row that it was started for.
      const row =
        seen?.listed !== undefined && agreed === null ? await services.agenda.read('inventory') : seen;
      await services.agenda.reschedule(row, 'inventory', nextUtc, listed);
    }
    if (added.length > 0 && remaining === 0) await wakeForInventory(services);
    return {
      vmCount: present.length,
      added: added.length,
      changed: changed.length,
      gone: buried.length,
      remaining,
      notBelieved: notBelieved.slice(0, 20),
      movedSets: isAsBefore ? [] : await setsToFollow(services, nowUtc),
    };
  },
);
