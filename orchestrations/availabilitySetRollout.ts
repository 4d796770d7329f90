import type { OrchestrationContext } from 'durable-functions';
import { chooseRound } from '../activities/contracts';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { call, continueAs, waitUntil, type Step } from './durable';
import { ATTEMPTS_PER_GENERATION, endAll, givenUp, runRound } from './runRound';

/**
 * Rolls out one availability set: one update domain at a time, and of it no more than the set's share. Rounds run one after another, always
 * the one whose window opens first. Rounds that cannot run any more leave every VM with a reason.
 */
export function* availabilitySetRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const input = children.availabilitySetRollout.input.parse(context.df.getInput());
  const { region, stage, group, progress, ...rollout } = input;
  const { rolloutId, phase, freshAfterUtc, endsUtc } = rollout;
  const where = { rolloutId, phase, region, stage, group };
  let { done } = progress; // never changed in place: it is part of what was scheduled
  for (let attempt = progress.attempts + 1; ; attempt += 1) {
    const next = yield* call(context, chooseRound, { ...where, done, freshAfterUtc, endsUtc });
    if (next.kind === 'none') {
      if (next.reason !== null) yield* endAll(context, { ...where, done, reason: next.reason });
      return { rounds: done.length };
    }
    const { opensUtc, isLast, ...round } = next;
    yield* waitUntil(context, opensUtc);
    const id = childId(context.df.instanceId, `${round.ref.round}-${attempt}`);
    const result = yield* runRound(context, id, { ...round, ...rollout });
    if (result.kind === 'ran') {
      done = [...done, round.ref.round];
      if (isLast === true) return { rounds: done.length };
    }
    const reason = givenUp(result, rollout.kind);
    if (reason !== null) {
      yield* endAll(context, { ...where, done, reason });
      return { rounds: done.length };
    }
    if (result.kind === 'missed') yield* waitUntil(context, round.acquireByUtc);
    if (attempt - progress.attempts >= ATTEMPTS_PER_GENERATION) {
      continueAs(context, children.availabilitySetRollout, {
        ...input,
        progress: { done, attempts: attempt },
      });
      return { rounds: done.length }; // dropped: the next generation goes on
    }
  }
}
