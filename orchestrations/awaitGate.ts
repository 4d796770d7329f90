import type { OrchestrationContext } from 'durable-functions';
import { decidePhaseGate } from '../activities/contracts';
import * as children from './contracts';
import { call, pollForAnswer, type Step } from './durable';

interface Gate {
  /** When the gate opened; null when the rollout ended before it did. */
  readonly openedUtc: string | null;
}

/** Waits for the gate of a phase: for evidence first, and when the rollout halts, for a person. */
export function* awaitGate(context: OrchestrationContext): Step<Gate> {
  const input = children.awaitGate.input.parse(context.df.getInput());
  const { rolloutId, phase, pace, untilUtc } = input;
  const answer = yield* pollForAnswer<Gate>(
    context,
    input,
    { firstSeconds: pace.gatePollSeconds, lastSeconds: pace.gatePollSeconds, untilUtc },
    function* () {
      const gate = yield* call(context, decidePhaseGate, { rolloutId, phase });
      if (gate.kind === 'wait') return null;
      return { openedUtc: gate.kind === 'open' ? gate.openedUtc : null };
    },
  );
  return answer ?? { openedUtc: null };
}
