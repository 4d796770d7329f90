import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { refreshInventory } from '../activities/contracts';
import * as children from './contracts';
import { call, callEntity, type Step } from './durable';
import { disruptionLedger } from '../entities/contracts';

/** Asks the platform which VMs there are. A large fleet that is new is written in steps; how far it has come stands in its status. */
export function* inventorySweep(context: OrchestrationContext): Step<{ vmCount: number }> {
  const { sweepUtc, accept, seen: row } = children.inventorySweep.input.parse(context.df.getInput());
  let seen = yield* call(context, refreshInventory, { nowUtc: sweepUtc, accept, seen: row });
  yield* followSets(context, seen.movedSets);
  // A fleet that changes for ever would be another one: each step leaves fewer changes than there were.
  for (let left = Infinity; seen.remaining > 0 && seen.remaining < left;) {
    left = seen.remaining;
    context.df.setCustomStatus({ vmCount: seen.vmCount, remaining: left });
    seen = yield* call(context, refreshInventory, { nowUtc: sweepUtc, accept, seen: row });
    yield* followSets(context, seen.movedSets);
  }
  context.df.setCustomStatus({ vmCount: seen.vmCount, remaining: seen.remaining });
  if (seen.remaining > 0) throw new Error(`${seen.remaining} changes of the inventory were not written.`);
  for (const { subscriptionId, why } of seen.notBelieved)
    context.warn(`The listing of subscription ${subscriptionId} was not believed: ${why}`);
  return { vmCount: seen.vmCount };
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
