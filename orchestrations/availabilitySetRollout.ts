import type { OrchestrationContext } from 'durable-functions';
import * as children from './contracts';
import type { Step } from './durable';
import { runRounds } from './rounds';

/** Rolls out one availability set: one update domain at a time, and of it no more than the set's share. */
export function* availabilitySetRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const { region, stage, group, ...rollout } = children.availabilitySetRollout.input.parse(
    context.df.getInput(),
  );
  const { rolloutId, phase } = rollout;
  return yield* runRounds(context, { ...rollout, scope: { rolloutId, phase, region, stage, group } });
}
