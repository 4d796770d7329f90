import type { OrchestrationContext } from 'durable-functions';
import * as children from './contracts';
import { continueAs, type Step } from './durable';
import { runRounds } from './rounds';

/** Rolls out one availability set: one update domain at a time, and of it no more than the set's share. */
export function* availabilitySetRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const input = children.availabilitySetRollout.input.parse(context.df.getInput());
  const { region, stage, group, ...rollout } = input;
  const { rolloutId, phase } = rollout;
  const scope = { rolloutId, phase, region, stage, group };
  return yield* runRounds(context, { ...rollout, scope }, (progress) => {
    continueAs(context, children.availabilitySetRollout, { ...input, progress });
  });
}
