import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { endRounds, takeRound } from '../activities/contracts';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { call, continueAs, waitUntil, type Step } from './durable';
import { ATTEMPTS_PER_GENERATION, givenUp, runRound } from './runRound';

/** The zone begins those of all lanes together with as many lanes of the next batch: at most 90 children. */
const STRAGGLERS_MAX = 2;

/**
 * Rolls out its part of a batch: takes a round, runs it in its window, takes the next. Other lanes of the batch do the same beside it, and
 * each round is taken once. A round that was not granted in its window is tried again in the next.
 */
export function* batchRollout(context: OrchestrationContext): Step<Ended> {
  const input = children.batchRollout.input.parse(context.df.getInput());
  const { region, stage, group, rounds, lane, progress, ...rollout } = input;
  const { rolloutId, phase, freshAfterUtc, endsUtc } = rollout;
  const where = { rolloutId, phase, region, stage, group };
  let { taken, again, ran, stragglers = [] } = progress; // never changed in place: it is part of what was scheduled
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
    if (next.kind === 'none' && reason === null) return ended(ran, stragglers);
    again = null;
    if (next.kind === 'round') {
      const { opensUtc, ...round } = next;
      yield* waitUntil(context, opensUtc);
      const id = childId(context.df.instanceId, `${round.ref.round}-${attempt}`);
      const leaves = rollout.kind === 'rollout' && stragglers.length < STRAGGLERS_MAX;
      const asked = { ...round, ...rollout, ...(leaves && { leavesStragglers: true as const }) };
      const result = yield* runRound(context, id, asked);
      if (result.kind === 'ran') {
        ran += 1;
        if (result.stragglers !== undefined) stragglers = [...stragglers, result.stragglers];
        if (lane.lanes >= rounds) return ended(ran, stragglers); // the others have one each
      } else again = round.ref.round;
      reason = givenUp(result, rollout.kind);
      own = again;
      if (reason === null && result.kind === 'missed') yield* waitUntil(context, round.acquireByUtc);
    }
    if (reason !== null) {
      // The number of this request is one that was never used to take a round.
      const rest = { rounds, own, lane: { ...lane, take: taken + 1 } };
      yield* call(context, endRounds, { ...where, done: [], batch: rest, reason });
      return ended(ran, stragglers);
    }
    if (attempt - progress.attempts >= ATTEMPTS_PER_GENERATION) {
      continueAs(context, children.batchRollout, {
        ...input,
        progress: { taken, again, attempts: attempt, ran, ...(stragglers.length > 0 && { stragglers }) },
      });
      return ended(ran, stragglers); // dropped: the next generation goes on
    }
  }
}

type Ended = z.input<typeof children.batchRollout.output>;

const ended = (rounds: number, stragglers: NonNullable<Ended['stragglers']>): Ended =>
  stragglers.length === 0 ? { rounds } : { rounds, stragglers };
