import type { OrchestrationContext } from 'durable-functions';
import { readAssessments, startAssessments, type KeyRange, type Pace } from '../activities/contracts';
import { virtualMachine } from '../entities/contracts';
import { keyOf, type VmId } from '../domain/ids';
import type { AvailablePatchSummary } from '../domain/patches';
import { addSeconds, call, nowUtc, signalEntity, waitUntil, type Step } from './durable';

type Assessed =
  | { readonly kind: 'assessed'; readonly summary: AvailablePatchSummary }
  | { readonly kind: 'failed'; readonly message: string };

/** Assesses one VM and waits for the result. It never installs anything. */
export function* assess(context: OrchestrationContext, vmId: VmId, pace: Pace): Step<Assessed> {
  const results = yield* assessAll(context, [vmId], null, pace);
  return results.get(vmId) ?? { kind: 'failed', message: 'The assessment gave no result.' };
}

/** Assesses VMs together: starts all, waits for all, tells each VM's entity what was found. */
export function* assessAll(
  context: OrchestrationContext,
  vmIds: readonly VmId[],
  due: KeyRange | null,
  pace: Pace,
): Step<ReadonlyMap<VmId, Assessed>> {
  const results = new Map<VmId, Assessed>();
  const untilUtc = addSeconds(nowUtc(context), pace.assessmentTimeoutSeconds);
  const { started, refused } = yield* call(context, startAssessments, { vmIds: [...vmIds] });
  for (const { vmId, message } of refused) results.set(vmId, { kind: 'failed', message });
  let running = started;
  while (running.length > 0 && nowUtc(context) < untilUtc) {
    yield* waitUntil(context, addSeconds(nowUtc(context), pace.assessmentPollSeconds));
    const read = yield* call(context, readAssessments, { operations: running, due });
    running = read.running;
    for (const { vmId, message } of read.failed) results.set(vmId, { kind: 'failed', message });
    for (const { vmId, summary } of read.assessed) {
      results.set(vmId, { kind: 'assessed', summary });
      signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', {
        kind: 'assessed',
        summary,
      });
    }
  }
  for (const { vmId } of running)
    results.set(vmId, { kind: 'failed', message: 'The assessment did not end in time.' });
  return results;
}
