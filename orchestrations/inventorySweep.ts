import type { OrchestrationContext } from 'durable-functions';
import { refreshInventory } from '../activities/contracts';
import * as children from './contracts';
import { call, type Step } from './durable';

/** Asks the platform which VMs there are. */
export function* inventorySweep(context: OrchestrationContext): Step<{ vmCount: number }> {
  const { sweepUtc } = children.inventorySweep.input.parse(context.df.getInput());
  const { vmCount, notBelieved } = yield* call(context, refreshInventory, { nowUtc: sweepUtc });
  for (const { subscriptionId, why } of notBelieved)
    context.warn(`The listing of subscription ${subscriptionId} was not believed: ${why}`);
  return { vmCount };
}
