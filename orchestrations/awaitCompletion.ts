import type { OrchestrationContext } from 'durable-functions';
import { readCompletion } from '../activities/contracts';
import { awaitAnswer } from './awaitAnswer';
import * as children from './contracts';
import { call, continueAs, type Step } from './durable';

interface Completion {
  readonly complete: boolean;
}

/** Nothing waits for the end of a rollout, and it may be weeks away: it looks by itself less often than other waits. */
const FALLBACKS_APART = 6;

/** Waits until every VM has its final outcome, second chances included, or the rollout's time is up. */
export function* awaitCompletion(context: OrchestrationContext): Step<Completion> {
  const input = children.awaitCompletion.input.parse(context.df.getInput());
  const { rolloutId, looks, untilUtc, pace } = input;
  const answer = yield* awaitAnswer<Completion>(
    context,
    {
      rolloutId,
      topic: 'completion',
      looks,
      untilUtc,
      fallbackSeconds: FALLBACKS_APART * pace.wakeFallbackSeconds,
    },
    {
      look: function* () {
        const { complete } = yield* call(context, readCompletion, { rolloutId });
        return complete ? { kind: 'answer', answer: { complete: true } } : { kind: 'wait', nextUtc: null };
      },
      continueWith: (next) => {
        continueAs(context, children.awaitCompletion, { ...input, looks: next });
      },
    },
  );
  return answer ?? { complete: false };
}
