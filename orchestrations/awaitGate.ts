import type { OrchestrationContext } from 'durable-functions';
import { decidePhaseGate } from '../activities/contracts';
import { gateTopic } from '../domain/waitTopic';
import { awaitAnswer } from './awaitAnswer';
import * as children from './contracts';
import { call, continueAs, type Step } from './durable';

interface Gate {
  /** When the gate opened; null when the rollout ended before it did. */
  readonly openedUtc: string | null;
  /** The first window of the next phase that opens after it. */
  readonly nextOpensUtc: string | null;
}

const notOpened: Gate = { openedUtc: null, nextOpensUtc: null };

/** Waits for the gate of a phase: for evidence first, and when the rollout halts, for a person. */
export function* awaitGate(context: OrchestrationContext): Step<Gate> {
  const input = children.awaitGate.input.parse(context.df.getInput());
  const { rolloutId, phase, looks, untilUtc, pace } = input;
  const answer = yield* awaitAnswer<Gate>(
    context,
    { rolloutId, topic: gateTopic(phase), looks, untilUtc, fallbackSeconds: pace.wakeFallbackSeconds },
    {
      look: function* () {
        const gate = yield* call(context, decidePhaseGate, { rolloutId, phase });
        if (gate.kind === 'wait') return { kind: 'wait', nextUtc: gate.nextUtc };
        if (gate.kind === 'stop') return { kind: 'answer', answer: notOpened };
        const { openedUtc, nextOpensUtc } = gate;
        return { kind: 'answer', answer: { openedUtc, nextOpensUtc } };
      },
      continueWith: (next) => {
        continueAs(context, children.awaitGate, { ...input, looks: next });
      },
    },
  );
  return answer ?? notOpened;
}
