import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { collectDueAssessments } from '../activities/contracts';
import { childId } from '../domain/ids';
import { assessTogether } from './assessment';
import * as children from './contracts';
import { allEnded, call, SIDE_BY_SIDE_MAX, startChild, type Child, type Step } from './durable';

type Assessed = z.output<typeof children.assessmentSweep.output>;

/**
 * assesses the VMs that are due while their window is open, in batches side by side. What finds no room is due again in an hour; what
 * cannot be assessed moves to its next window, and keeps no other VM waiting.
 */
export function* assessmentSweep(context: OrchestrationContext): Step<Assessed> {
  const { sweepUtc: nowUtc, seen } = children.assessmentSweep.input.parse(context.df.getInput());
  const batches: Child<Assessed>[] = [];
  for (let n = 0; batches.length < SIDE_BY_SIDE_MAX && n < CALLS_MAX; n += 1) {
    const { batch, more } = yield* call(context, collectDueAssessments, { nowUtc, call: n, seen });
    if (!more && batches.length === 0 && batch !== null) return yield* assessTogether(context, batch); // most sweeps
    if (batch !== null) {
      const id = childId(context.df.instanceId, `batch-${batches.length + 1}`);
      batches.push(startChild(context, children.assessBatch, id, { batch }));
    }
    if (!more) break;
  }
  const ended = yield* allEnded(context, batches);
  const done = ended.flatMap((one) => (one.ok ? [one.value] : []));
  const failure = ended.find((one) => !one.ok);
  return {
    assessed: done.reduce((sum, { assessed }) => sum + assessed, 0),
    failed: done.reduce((sum, { failed }) => sum + failed, 0),
    because: done.find(({ because }) => because !== null)?.because ?? failure?.error ?? null,
  };
}

/** A call whose VMs are all by day starts no batch; each costs some history rows. */
const CALLS_MAX = 120;
