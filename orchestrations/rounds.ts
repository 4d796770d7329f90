import type { OrchestrationContext } from 'durable-functions';
import { chooseRound, endRounds } from '../activities/contracts';
import { childId } from '../domain/ids';
import type { OutcomeReason } from '../domain/reasons';
import { messageOf } from '../domain/messageOf';
import * as children from './contracts';
import { call, child, waitUntil, type Step } from './durable';

/** An attempt costs about 12 history rows; after so many the scope continues as new. */
const ATTEMPTS_PER_GENERATION = 60;

/**
 * Runs the rounds of one scope, one after another: always the one whose window opens first, each in a window in which the ledger
 * grants it. Rounds that cannot run any more leave every VM with a reason.
 */
export function* runRounds(
  context: OrchestrationContext,
  input: children.RunRounds,
  continueWith: (progress: children.RunRounds['progress']) => void,
): Step<{ rounds: number }> {
  const { scope, progress, ...rollout } = input;
  let { done } = progress; // never changed in place: it is part of what was scheduled
  for (let attempt = progress.attempts + 1; ; attempt += 1) {
    const next = yield* call(context, chooseRound, {
      ...scope,
      done,
      freshAfterUtc: rollout.freshAfterUtc,
      endsUtc: rollout.endsUtc,
    });
    if (next.kind === 'none') {
      if (next.reason !== null) yield* call(context, endRounds, { ...scope, done, reason: next.reason });
      return { rounds: done.length };
    }
    const { opensUtc, ...round } = next;
    yield* waitUntil(context, opensUtc);
    const key = `${next.ref.group}.${next.ref.round}`;
    const id = childId(context.df.instanceId, `${key}-${attempt}`);
    const result = yield* runRound(context, id, { ...round, ...rollout });
    if (result.kind === 'ran') done = [...done, key];
    const reason = givenUp(result, rollout.kind);
    if (reason !== null) {
      yield* call(context, endRounds, { ...scope, done, reason });
      return { rounds: done.length };
    }
    if (result.kind === 'missed') yield* waitUntil(context, round.acquireByUtc);
    if (attempt - progress.attempts >= ATTEMPTS_PER_GENERATION) {
      continueWith({ done, attempts: attempt });
      return { rounds: done.length }; // dropped: the next generation goes on
    }
  }
}

/** Why a scope goes no further; null when it does: another window, another attempt. */
function givenUp(result: RoundResult, kind: children.RunRounds['kind']): OutcomeReason | null {
  if (result.kind === 'stopped') return result.reason;
  if (result.kind === 'ran') return null;
  if (result.rules.includes('setImpaired')) return 'waitingForSet'; // caught up once the set is healthy again
  return kind === 'catchUp' ? 'windowMissed' : null;
}

type RoundResult = ReturnType<(typeof children.updateDomainRollout.output)['parse']>;

/** A round that fails as an orchestration has still run: its VMs must not be tried again blindly in this window. */
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
