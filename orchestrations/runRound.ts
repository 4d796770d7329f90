import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { endRounds } from '../activities/contracts';
import type { OutcomeReason } from '../domain/reasons';
import * as children from './contracts';
import { messageOf } from '../domain/messageOf';
import { call, child, type Step } from './durable';

/** An attempt costs about 12 history rows; after so many the orchestration that makes them continues as new. */
export const ATTEMPTS_PER_GENERATION = 60;

export type RoundResult = ReturnType<(typeof children.updateDomainRollout.output)['parse']>;

/** Why a set or a lane of a batch goes no further; null when it does: another window, another attempt. */
export function givenUp(result: RoundResult, kind: 'rollout' | 'catchUp' | 'onDemand'): OutcomeReason | null {
  if (result.kind === 'stopped') return result.reason;
  if (result.kind === 'ran') return null;
  if (result.rules.includes('setImpaired')) return 'waitingForSet'; // caught up once the set is healthy again
  return kind === 'catchUp' ? 'windowMissed' : null;
}

/** Ends rounds that run no more, some a call, until each of their VMs has its outcome. */
export function* endAll(context: OrchestrationContext, input: z.input<typeof endRounds.input>): Step<void> {
  for (let more = true; more;) ({ more } = yield* call(context, endRounds, input));
}

/** A round that fails as an orchestration has still run: its VMs must not be tried again blindly in this window. */
export function* runRound(
  context: OrchestrationContext,
  id: string,
  input: Parameters<typeof children.updateDomainRollout.input.parse>[0],
): Step<RoundResult> {
  try {
    return yield* child(
      context,
      children.updateDomainRollout,
      id,
      children.updateDomainRollout.input.parse(input),
    );
  } catch (error) {
    context.error(`Round ${id} failed: ${messageOf(error)}`);
    return { kind: 'ran' };
  }
}
