import type { OrchestrationContext } from 'durable-functions';
import { readControl, recordHookAnswers } from '../activities/contracts';
import type { OutcomeReason } from '../domain/reasons';
import { awaitAnswer } from './awaitAnswer';
import * as children from './contracts';
import { call, continueAs, type Step } from './durable';

interface Go {
  readonly go: boolean;
  /** When not: why nothing will start here any more; null when time ran out while waiting for a person. */
  readonly reason: OutcomeReason | null;
}

/** Waits while the rollout is paused or halted, and, of a round, while a hook has not said yes. Control is a row that is read at every look, never a suspended instance. */
export function* awaitGo(context: OrchestrationContext): Step<Go> {
  const input = children.awaitGo.input.parse(context.df.getInput());
  const { rolloutId, phase, region, round, looks, untilUtc, pace } = input;
  const answer = yield* awaitAnswer<Go>(
    context,
    { rolloutId, topic: 'control', looks, untilUtc, fallbackSeconds: pace.wakeFallbackSeconds },
    {
      look: function* () {
        const control = yield* call(context, readControl, { rolloutId, phase, region });
        if (control.kind === 'wait') return { kind: 'wait', nextUtc: null };
        if (control.kind === 'go' && control.asksHooks && round !== undefined) {
          const said = yield* call(context, recordHookAnswers, { ref: round });
          if (!said.go) return { kind: 'wait', nextUtc: said.nextUtc };
        }
        const reason = control.kind === 'go' ? null : control.reason;
        return { kind: 'answer', answer: { go: control.kind === 'go', reason } };
      },
      continueWith: (next) => {
        continueAs(context, children.awaitGo, { ...input, looks: next });
      },
    },
  );
  return answer ?? { go: false, reason: null };
}
