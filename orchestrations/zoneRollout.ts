import type { OrchestrationContext } from 'durable-functions';
import * as children from './contracts';
import { continueAs, type Step } from './durable';
import { runRounds } from './rounds';

/** Rolls out the standalone VMs of one zone (or those without a zone): batch after batch, each larger than the one before. */
export function* zoneRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const input = children.zoneRollout.input.parse(context.df.getInput());
  const { region, stage, ...rollout } = input;
  const { rolloutId, phase } = rollout;
  const scope = { rolloutId, phase, region, stage, group: null };
  return yield* runRounds(context, { ...rollout, scope }, (progress) => {
    continueAs(context, children.zoneRollout, { ...input, progress });
  });
}
