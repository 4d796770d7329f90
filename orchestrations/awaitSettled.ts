import type { OrchestrationContext } from 'durable-functions';
import { readCompletion } from '../activities/contracts';
import * as children from './contracts';
import { call, pollForAnswer, type Step } from './durable';

/** Waits until every VM has its final outcome, second chances included, or the rollout's time is up. */
export function* awaitSettled(context: OrchestrationContext): Step<{ settled: boolean }> {
  const input = children.awaitSettled.input.parse(context.df.getInput());
  const { rolloutId, pace, untilUtc } = input;
  const answer = yield* pollForAnswer<{ settled: boolean }>(
    context,
    input,
    { firstSeconds: pace.gatePollSeconds, lastSeconds: pace.gatePollSeconds, untilUtc },
    function* () {
      const { complete } = yield* call(context, readCompletion, { rolloutId });
      return complete ? { settled: true } : null;
    },
  );
  return answer ?? { settled: false };
}
