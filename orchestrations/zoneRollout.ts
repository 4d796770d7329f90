import type { OrchestrationContext } from 'durable-functions';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { allEnded, startChild, type Step } from './durable';

/**
 * Rolls out the standalone VMs of one zone (or those without a zone) whose windows open together: batch after batch, each larger than the
 * one before. The rounds of a batch run side by side, as many as shares allow: when one ends the next starts.
 */
export function* zoneRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const { batches, ...here } = children.zoneRollout.input.parse(context.df.getInput());
  let ran = 0;
  for (const { group, rounds, atOnce } of batches) {
    const queue = childId(context.df.instanceId, group);
    const lanes = Array.from({ length: atOnce }, (_, n) =>
      startChild(context, children.batchRollout, childId(queue, String(n + 1)), {
        ...here,
        group,
        rounds,
        lane: { lane: n + 1, lanes: atOnce, queue },
      }),
    );
    for (const result of yield* allEnded(context, lanes)) ran += result.ok ? result.value.rounds : 0;
  }
  return { rounds: ran };
}
