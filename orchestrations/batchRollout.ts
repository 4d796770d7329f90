import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { takeRound } from '../activities/contracts';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { call, continueAs, waitUntil, type Step } from './durable';
import { ATTEMPTS_PER_GENERATION, endAll, givenUp, runRound } from './runRound';

/**
 * Rolls out its part of a batch: takes a round, runs it in its window, takes the next. Other lanes of the batch do the same beside it, and
 * each round is taken once. A round that was not granted in its window is tried again in the next.
 */
export function* batchRollout(
  context: OrchestrationContext,
): Step<z.input<typeof children.batchRollout.output>> {
  const input = children.batchRollout.input.parse(context.df.getInput());
  const { region, stage, group, rounds, lane, progress, ...rollout } = input;
  const { rolloutId, phase, freshAfterUtc, endsUtc } = rollout;
  const where = { rolloutId, phase, region, stage, group };
  const isOnly = lane.lanes >= rounds; // the other lanes have one each
  let { taken, again, ran } = progress; // never changed in place: it is part of what was scheduled
  for (let attempt = progress.attempts + 1; ; attempt += 1) {
    if (again === null) taken += 1;
    const asked = { ...lane, take: taken };
    const next = yield* call(context, takeRound, {
      ...where,
      rounds,
      lane: asked,
      again,
      freshAfterUtc,
      endsUtc,
    });
    let reason = next.kind === 'none' ? next.reason : null;
    let own = next.kind === 'none' ? next.round : null;
    if (next.kind === 'none' && reason === null) return { rounds: ran };
    again = null;
    if (next.kind === 'round') {
      const { opensUtc, ...round } = next;
      yield* waitUntil(context, opensUtc);
      const id = childId(context.df.instanceId, `${round.ref.round}-${attempt}`);
      // A lane that has more rounds would keep their stragglers, which the zone follows, until it ends.
      const leaves = rollout.kind === 'rollout' && isOnly && { leavesStragglers: true as const };
      const result = yield* runRound(context, id, { ...round, ...rollout, ...leaves });
      if (result.kind === 'ran') {
        ran += 1;
        const { stragglers } = result;
        if (isOnly) return stragglers === undefined ? { rounds: ran } : { rounds: ran, stragglers };
      } else again = round.ref.round;
      reason = givenUp(result, rollout.kind);
      own = again;
      if (reason === null && result.kind === 'missed') yield* waitUntil(context, round.acquireByUtc);
    }
    if (reason !== null) {
      // The number of this request is one that was never used to take a round.
      const rest = { rounds, own, lane: { ...lane, take: taken + 1 } };
      yield* endAll(context, { ...where, done: [], batch: rest, reason });
      return { rounds: ran };
    }
    if (attempt - progress.attempts >= ATTEMPTS_PER_GENERATION) {
      continueAs(context, children.batchRollout, {
        ...input,
        progress: { taken, again, attempts: attempt, ran },
      });
      return { rounds: ran }; // dropped: the next generation goes on
    }
  }
}
