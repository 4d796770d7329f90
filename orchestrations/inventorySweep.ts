import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { refreshInventory } from '../activities/contracts';
import * as children from './contracts';
import { call, callEntity, continueAs, type Step } from './durable';
import { disruptionLedger } from '../entities/contracts';

/** Moved sets that one generation follows, each some five history rows. */
const SETS_A_GENERATION = 100;

/** Asks the platform which VMs there are. A large fleet that is new is written in steps; how far it has come stands in its status. */
export function* inventorySweep(context: OrchestrationContext): Step<{ vmCount: number }> {
  const input = children.inventorySweep.input.parse(context.df.getInput());
  const { sweepUtc, accept, seen: row } = input;
  let { followed } = input;
  // A fleet that changes for ever would be another one: each step leaves fewer changes than there were, or sets that it has moved.
  for (let [left, sets] = [Infinity, 0]; ;) {
    const seen = yield* call(context, refreshInventory, { nowUtc: sweepUtc, accept, seen: row, followed });
    yield* followSets(context, seen.movedSets);
    const { vmCount, remaining, movedSets, notBelieved } = seen;
    context.df.setCustomStatus({ vmCount, remaining });
    if (remaining === 0) {
      for (const { subscriptionId, why } of notBelieved)
        context.warn(`The listing of subscription ${subscriptionId} was not believed: ${why}`);
      return { vmCount };
    }
    followed = movedSets.flatMap(({ row: one }) => one ?? []);
    if (remaining >= left && followed.length === 0)
      throw new Error(`${remaining} changes of the inventory were not written.`);
    [left, sets] = [remaining, sets + followed.length];
    if (sets >= SETS_A_GENERATION) {
      continueAs(context, children.inventorySweep, { ...input, followed });
      return { vmCount };
    }
  }
}

/** Claims in flight are known by the name that their set has now. */
function* followSets(
  context: OrchestrationContext,
  sets: z.output<typeof refreshInventory.output>['movedSets'],
): Step<void> {
  const { name, operations } = disruptionLedger;
  for (const { ledger, from, to } of sets)
    yield* callEntity(context, { name, key: ledger }, ['followSet', operations.followSet], { from, to });
}
