import type { OrchestrationContext } from 'durable-functions';
import { collectAssessments, startAssessments, type DueVm, type Pace } from '../activities/contracts';
import type { VmId } from '../domain/ids';
import type { AvailablePatchSummary } from '../domain/patches';
import { passesByItself } from '../domain/refusals';
import { addSeconds, call, nowUtc, waitUntil, type Step } from './durable';

type Assessed =
  | { readonly kind: 'assessed'; readonly summary: AvailablePatchSummary }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** When the platform refused to start it. */
      readonly code?: string;
    };

/** Assesses one VM and waits for the result. It never installs anything. */
export function* assess(
  context: OrchestrationContext,
  vmId: VmId,
  pace: Pace,
  readSeconds = pace.assessmentPollSeconds,
  activityId?: string,
): Step<Assessed> {
  const results = yield* assessAll(context, [vmId], null, pace, readSeconds, activityId);
  return results.get(vmId) ?? { kind: 'failed', message: 'The assessment gave no result.' };
}

/**
 * Assesses VMs together: starts all, waits for all. What was found stands in the tables. `readSeconds`: how long the running ones are left to themselves; one
 * that was refused is asked for again after a poll of the pace all the same.
 */
export function* assessAll(
  context: OrchestrationContext,
  vmIds: readonly VmId[],
  due: readonly DueVm[] | null,
  pace: Pace,
  readSeconds = pace.assessmentPollSeconds,
  activityId?: string,
): Step<ReadonlyMap<VmId, Assessed>> {
  const results = new Map<VmId, Assessed>();
  const untilUtc = addSeconds(nowUtc(context), pace.assessmentTimeoutSeconds);
  let waiting = [...vmIds];
  let running: Operation[] = [];
  let pauseSeconds = readSeconds;
  for (;;) {
    if (waiting.length > 0) {
      const { started, refused, retryAfterSeconds } = yield* call(context, startAssessments, {
        vmIds: waiting,
        due: due?.filter(({ vmId }) => waiting.includes(vmId)) ?? null,
        ...(activityId === undefined ? NOT_NAMED : { activityId }),
      });
      running = [...running, ...started];
      for (const { vmId, code, message } of refused) results.set(vmId, { kind: 'failed', message, code });
      waiting = refused.filter(({ code }) => passesByItself(code)).map(({ vmId }) => vmId);
      pauseSeconds = Math.max(
        waiting.length > 0 ? pace.assessmentPollSeconds : readSeconds,
        retryAfterSeconds ?? 0,
      );
    }
    if (running.length + waiting.length === 0 || nowUtc(context) >= untilUtc) break;
    yield* waitUntil(context, addSeconds(nowUtc(context), pauseSeconds));
    running = yield* collect(context, running, due, results);
  }
  for (const { vmId } of running)
    results.set(vmId, { kind: 'failed', message: 'The assessment did not end in time.' });
  return results;
}

const NOT_NAMED = {};

interface Operation {
  readonly vmId: VmId;
  readonly operationId: string;
}

/** Reads what is running; adds what has ended to the results. Returns what is still running. */
function* collect(
  context: OrchestrationContext,
  operations: Operation[],
  due: readonly DueVm[] | null,
  results: Map<VmId, Assessed>,
): Step<Operation[]> {
  if (operations.length === 0) return [];
  const { running, assessed, failed } = yield* call(context, collectAssessments, {
    operations,
    due: due?.filter(({ vmId }) => operations.some((one) => one.vmId === vmId)) ?? null,
  });
  for (const { vmId, message } of failed) results.set(vmId, { kind: 'failed', message });
  for (const { vmId, summary } of assessed) results.set(vmId, { kind: 'assessed', summary });
  return running;
}
