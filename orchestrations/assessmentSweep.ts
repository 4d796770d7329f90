import type { OrchestrationContext } from 'durable-functions';
import { collectDueAssessments } from '../activities/contracts';
import { childId } from '../domain/ids';
import { assessDue } from './assessBatch';
import * as children from './contracts';
import { allEnded, call, SIDE_BY_SIDE_MAX, startChild, type Child, type Step } from './durable';

/**
 * assesses the VMs that are due while their window is open, in batches side by side. What finds no room is due again in an hour; what
 * cannot be assessed moves to its next window, and keeps no other VM waiting.
 */
export function* assessmentSweep(context: OrchestrationContext): Step<{ assessed: number; failed: number }> {
  const { sweepUtc: nowUtc, seen } = children.assessmentSweep.input.parse(context.df.getInput());
  const batches: Child<{ assessed: number; failed: number }>[] = [];
  for (let n = 0; batches.length < SIDE_BY_SIDE_MAX && n < CALLS_MAX; n += 1) {
    const { vms, more, pace } = yield* call(context, collectDueAssessments, { nowUtc, call: n, seen });
    if (!more && batches.length === 0 && vms.length > 0) return yield* assessDue(context, { vms, pace }); // most sweeps
    if (vms.length > 0) {
      const id = childId(context.df.instanceId, `batch-${batches.length + 1}`);
      batches.push(startChild(context, children.assessBatch, id, { vms, pace }));
    }
    if (!more) break;
  }
  const ended = yield* allEnded(context, batches);
  return {
    assessed: ended.reduce((sum, one) => sum + (one.ok ? one.value.assessed : 0), 0),
    failed: ended.reduce((sum, one) => sum + (one.ok ? one.value.failed : 0), 0),
  };
}

/** A call whose VMs are all by day starts no batch; each costs some history rows. */
const CALLS_MAX = 120;
