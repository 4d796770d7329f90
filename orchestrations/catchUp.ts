import type { OrchestrationContext } from 'durable-functions';
import { planCatchUp } from '../activities/contracts';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { call, child, type Step } from './durable';

/** Second chances in one region: the region's rollout over a smaller plan, under the same ledger and the same rollout id. */
export function* catchUp(context: OrchestrationContext): Step<{ rounds: number }> {
  const input = children.catchUp.input.parse(context.df.getInput());
  const { rolloutId, region, phase } = input;
  yield* call(context, planCatchUp, { rolloutId, region, phase });
  return yield* child(context, children.regionRollout, childId(context.df.instanceId, 'region'), input);
}
