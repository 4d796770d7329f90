import type { OrchestrationContext } from 'durable-functions';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { allEnded, startChild, type Step } from './durable';

/** Rolls out the regions of a phase side by side: the plan put no geo pair among them. */
export function* phaseRollout(context: OrchestrationContext): Step<{ regions: number; failed: string[] }> {
  const { regions, ...phase } = children.phaseRollout.input.parse(context.df.getInput());
  const results = yield* allEnded(
    context,
    regions.map((region) =>
      startChild(context, children.regionRollout, childId(context.df.instanceId, region), {
        ...phase,
        region,
      }),
    ),
  );
  return { regions: regions.length, failed: regions.filter((_, n) => results[n]?.ok === false) };
}
