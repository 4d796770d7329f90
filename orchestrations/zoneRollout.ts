import type { OrchestrationContext } from 'durable-functions';
import * as children from './contracts';
import type { Step } from './durable';
import { runRounds } from './rounds';

/** Rolls out the standalone VMs of one zone (or those without a zone): batch after batch, each larger than the one before. */
export function* zoneRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const { region, stage, ...rollout } = children.zoneRollout.input.parse(context.df.getInput());
  const { rolloutId, phase } = rollout;
  return yield* runRounds(context, { ...rollout, scope: { rolloutId, phase, region, stage, group: null } });
}
