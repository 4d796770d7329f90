import type { OrchestrationContext } from 'durable-functions';
import { takeSet } from '../activities/contracts';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { allEnded, call, continueAs, startChild, type Step } from './durable';

/** A set costs about 10 history rows; after so many the lane continues as new. */
const SETS_PER_GENERATION = 40;

/** Rolls out availability sets, one after another, each whole: one lane of a pool. When a set ends the lane takes the next. */
export function* availabilitySetsRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const input = children.availabilitySetsRollout.input.parse(context.df.getInput());
  const { sets, lane, progress, ...here } = input;
  const { rolloutId, phase, region, stage } = here;
  let { ran } = progress; // never changed in place: it is part of what was scheduled
  for (let take = progress.taken + 1; ; take += 1) {
    const { group } = yield* call(context, takeSet, {
      rolloutId,
      phase,
      region,
      stage,
      sets,
      lane: { ...lane, take },
    });
    if (group === null) return { rounds: ran };
    const set = startChild(context, children.availabilitySetRollout, childId(lane.queue, group), {
      ...here,
      group,
    });
    for (const result of yield* allEnded(context, [set])) ran += result.ok ? result.value.rounds : 0;
    if (take - progress.taken >= SETS_PER_GENERATION) {
      continueAs(context, children.availabilitySetsRollout, { ...input, progress: { taken: take, ran } });
      return { rounds: ran }; // dropped: the next generation goes on
    }
  }
}
