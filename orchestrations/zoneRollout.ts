import type { OrchestrationContext } from 'durable-functions';
import { childId } from '../domain/ids';
import * as children from './contracts';
import { allEnded, resultOf, startChild, type Child, type Step } from './durable';

/**
 * Rolls out the standalone VMs of one zone (or those without a zone) whose windows open together: batch after batch, each larger than the
 * one before. The rounds of a batch run side by side, as many as shares allow: when one ends the next starts. The next batch does not wait for
 * stragglers; the zone does.
 */
export function* zoneRollout(context: OrchestrationContext): Step<{ rounds: number }> {
  const { batches, ...here } = children.zoneRollout.input.parse(context.df.getInput());
  const stragglers: Child<unknown>[] = [];
  let left: Child<unknown>[] = []; // begins with the next batch
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
    const results = yield* allEnded(context, lanes, left);
    stragglers.push(...left);
    left = [];
    for (const result of results) {
      if (!result.ok) continue;
      ran += result.value.rounds;
      const round = result.value.stragglers;
      if (round === undefined) continue;
      const id = childId(queue, `stragglers-${round.ref.round}`);
      left.push(startChild(context, children.updateDomainRollout, id, round));
    }
  }
  yield* allEnded(context, left);
  for (const one of stragglers) yield* resultOf(one);
  return { rounds: ran };
}
