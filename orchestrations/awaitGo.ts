import type { OrchestrationContext } from 'durable-functions';
import { readControl } from '../activities/contracts';
import type { OutcomeReason } from '../domain/reasons';
import * as children from './contracts';
import { call, pollForAnswer, type Step } from './durable';

interface Go {
  readonly go: boolean;
  /** When not: why nothing will start here any more; null when time ran out while waiting for a person. */
  readonly reason: OutcomeReason | null;
}

/** Waits while the rollout is paused or halted. Control is a row that every wait looks at again, never a suspended instance. */
export function* awaitGo(context: OrchestrationContext): Step<Go> {
  const input = children.awaitGo.input.parse(context.df.getInput());
  const { rolloutId, phase, region, pace, untilUtc } = input;
  const answer = yield* pollForAnswer<Go>(
    context,
    input,
    { firstSeconds: pace.controlPollSeconds, lastSeconds: pace.controlPollSeconds, untilUtc },
    function* () {
      const control = yield* call(context, readControl, { rolloutId, phase, region });
      if (control.kind === 'wait') return null;
      return control.kind === 'go' ? { go: true, reason: null } : { go: false, reason: control.reason };
    },
  );
  return answer ?? { go: false, reason: null };
}
