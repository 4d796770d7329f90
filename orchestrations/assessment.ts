import type { OrchestrationContext } from 'durable-functions';
import { advanceAssessments, collectAssessment, startAssessment, type Pace } from '../activities/contracts';
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

/** Assesses one VM and waits for the result. It never installs anything. `activityId`: what the assessment is to be known by. */
export function* assess(
  context: OrchestrationContext,
  vmId: VmId,
  pace: Pace,
  activityId?: string,
): Step<Assessed> {
  const untilUtc = addSeconds(nowUtc(context), pace.assessmentTimeoutSeconds);
  for (;;) {
    const start = yield* call(
      context,
      startAssessment,
      activityId === undefined ? { vmId } : { vmId, activityId },
    );
    const pauseSeconds = Math.max(pace.assessmentPollSeconds, start.retryAfterSeconds ?? 0);
    if (start.kind === 'started')
      return yield* result(context, { vmId, operationId: start.operationId }, { untilUtc, pauseSeconds });
    const { message, code } = start;
    if (!passesByItself(code) || nowUtc(context) >= untilUtc) return { kind: 'failed', message, code };
    yield* waitUntil(context, addSeconds(nowUtc(context), pauseSeconds));
  }
}

/** Reads a running assessment until it has ended, or its time is up. */
function* result(
  context: OrchestrationContext,
  operation: { readonly vmId: VmId; readonly operationId: string },
  { untilUtc, pauseSeconds }: { readonly untilUtc: string; readonly pauseSeconds: number },
): Step<Assessed> {
  while (nowUtc(context) < untilUtc) {
    yield* waitUntil(context, addSeconds(nowUtc(context), pauseSeconds));
    const read = yield* call(context, collectAssessment, operation);
    if (read.kind !== 'running') return read;
  }
  return { kind: 'failed', message: 'The assessment did not end in time.' };
}

interface Batch {
  readonly assessed: number;
  readonly failed: number;
  readonly because: string | null;
}

/** Assesses the VMs of a batch together. What was found stands in the tables. */
export function* assessTogether(context: OrchestrationContext, batch: string): Step<Batch> {
  for (let n = 1; ; n += 1) {
    const given = { batch, call: n, nowUtc: nowUtc(context) };
    const { dueUtc, assessed, failed, because } = yield* call(context, advanceAssessments, given);
    if (dueUtc === null) return { assessed, failed, because };
    yield* waitUntil(context, dueUtc);
  }
}
