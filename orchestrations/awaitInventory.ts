import type { OrchestrationContext } from 'durable-functions';
import { planRollout } from '../activities/contracts';
import { awaitAnswer } from './awaitAnswer';
import * as children from './contracts';
import { call, continueAs, type Step } from './durable';

interface Inventory {
  readonly planned: boolean;
}

/** Asks for the plan again when VMs were listed or a person decided, and by itself once in a while, until there is one or time is up. */
export function* awaitInventory(context: OrchestrationContext): Step<Inventory> {
  const input = children.awaitInventory.input.parse(context.df.getInput());
  const { rolloutId, looks, untilUtc, pace } = input;
  const answer = yield* awaitAnswer<Inventory>(
    context,
    { rolloutId, topic: 'inventory', looks, untilUtc, fallbackSeconds: pace.wakeFallbackSeconds },
    {
      look: function* () {
        const { waitsForInventory } = yield* call(context, planRollout, { rolloutId });
        return waitsForInventory
          ? { kind: 'wait', nextUtc: null }
          : { kind: 'answer', answer: { planned: true } };
      },
      continueWith: (next) => {
        continueAs(context, children.awaitInventory, { ...input, looks: next });
      },
    },
  );
  return answer ?? { planned: false };
}
