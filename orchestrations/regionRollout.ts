import type { OrchestrationContext } from 'durable-functions';
import { openRegion } from '../activities/contracts';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { allEnded, call, SIDE_BY_SIDE_MAX, startChild, type Child, type Step } from './durable';

/**
 * Rolls out one region, stage by stage: zone after zone, never two at once. Within the regional stage every availability set goes
 * its own way beside the batches of standalone VMs; where there are very many, in waves.
 */
export function* regionRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const { attemptMax, ...here } = children.regionRollout.input.parse(context.df.getInput());
  const { rolloutId, phase, region } = here;
  const { stages } = yield* call(context, openRegion, { rolloutId, phase, region, attemptMax });

  let rounds = 0;
  for (const { stage, standalone, sets } of stages) {
    const ownId = childId(context.df.instanceId, stage);
    const scopes: (() => Child<{ rounds: number }>)[] = sets.map(
      (group) => () =>
        startChild(context, children.availabilitySetRollout, childId(ownId, group), {
          ...here,
          stage,
          group,
        }),
    );
    if (standalone)
      scopes.push(() =>
        startChild(context, children.zoneRollout, childId(ownId, 'batches'), { ...here, stage }),
      );
    for (let start = 0; start < scopes.length; start += SIDE_BY_SIDE_MAX) {
      const wave = scopes.slice(start, start + SIDE_BY_SIDE_MAX).map((begin) => begin());
      for (const result of yield* allEnded(context, wave)) rounds += result.ok ? result.value.rounds : 0;
    }
  }
  return { rounds };
}
