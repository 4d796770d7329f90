import type { OrchestrationContext } from 'durable-functions';
import { planCatchUp } from '../activities/contracts';
import * as children from './contracts';
import { call, type Step } from './durable';
import { rollOutStages } from './regionRollout';

/** Second chances in one region: as the region's rollout, over a smaller plan, under the same ledger and the same rollout id. */
export function* catchUp(context: OrchestrationContext): Step<{ rounds: number }> {
  const input = children.catchUp.input.parse(context.df.getInput());
  const { rolloutId, region, phase } = input;
  const { stages } = yield* call(context, planCatchUp, { rolloutId, region, phase });
  return yield* rollOutStages(context, input, stages);
}
