import type { OrchestrationContext } from 'durable-functions';
import { chooseRound, endRounds } from '../activities/contracts';
import { childId } from '../domain/ids';
import type { OutcomeReason } from '../domain/outcome';
import * as children from './contracts';
import { call, child, messageOf, waitUntil, type Step } from './durable';

/** A scope of 80-VM rounds that misses a night now and then stays far below this; it bounds the history. */
const ATTEMPTS_MAX = 90;

/**
 * Runs the rounds of one scope, one after another: always the one whose window opens first, each in a night in which the ledger
 * grants it. Rounds that cannot run any more leave every VM with a reason.
 */
export function* runRounds(
  context: OrchestrationContext,
  input: children.RunRounds,
): Step<{ rounds: number }> {
  const { scope, ...rollout } = input;
  const done: string[] = [];
  let reason: OutcomeReason = 'notReached';
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const next = yield* call(context, chooseRound, {
      ...scope,
      done,
      freshAfterUtc: rollout.freshAfterUtc,
      endsUtc: rollout.endsUtc,
    });
    if (next.kind === 'none') {
      if (next.reason === null) return { rounds: done.length };
      reason = next.reason;
      break;
    }
    yield* waitUntil(context, next.opensUtc);
    const { kind: _kind, opensUtc: _opensUtc, ...round } = next;
    const id = childId(context.df.instanceId, `${next.ref.group}.${next.ref.round}-${attempt}`);
    const result = yield* runRound(context, id, { ...rollout, ...round });
    if (result.kind === 'ran') done.push(`${next.ref.group}.${next.ref.round}`);
    if (result.kind === 'stopped') {
      reason = result.reason;
      break;
    }
    if (result.kind === 'missed' && (rollout.kind === 'catchUp' || result.rules.includes('setImpaired'))) {
      reason = result.rules.includes('setImpaired') ? 'waitingForSet' : 'windowMissed';
      break;
    }
    if (result.kind === 'missed') yield* waitUntil(context, round.acquireByUtc);
  }
  yield* call(context, endRounds, { ...scope, done, reason });
  return { rounds: done.length };
}

type RoundResult = ReturnType<(typeof children.updateDomainRollout.output)['parse']>;

/** A round that fails as an orchestration has still run: its VMs must not be tried again blindly tonight. */
function* runRound(
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
