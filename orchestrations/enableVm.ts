import type { OrchestrationContext } from 'durable-functions';
import { readEnablement, readExtension, startExtension, type Pace } from '../activities/contracts';
import { virtualMachine } from '../entities/contracts';
import { keyOf, type VmId } from '../domain/ids';
import { assess } from './assessment';
import * as children from './contracts';
import { addSeconds, call, earlier, nowUtc, signalEntity, waitUntil, type Step } from './durable';

/** A month of nights: whoever needs more is not going to be enabled. */
const NIGHTS_MAX = 35;

interface Enabled {
  readonly enabled: boolean;
  readonly detail: string;
}

/**
 * Enables a VM in its off-peak hours: installs (or updates) the patch extension, turns the guest's own automatic updates off,
 * assesses. If the window ends first it resumes in the next one, from where it was.
 */
export function* enableVm(context: OrchestrationContext): Step<Enabled> {
  const { vmId, endsUtc, pace } = children.enableVm.input.parse(context.df.getInput());
  tell(context, vmId, 'pending', 'Waiting for off-peak hours.');
  let detail = '';
  for (let night = 0; night < NIGHTS_MAX; night += 1) {
    const where = yield* call(context, readEnablement, { vmId });
    if (where.kind === 'stop') return { enabled: false, detail: where.why };
    if (where.kind === 'ready') {
      tell(context, vmId, 'ready', detail);
      yield* assess(context, vmId, pace);
      return { enabled: true, detail };
    }
    if (where.opensUtc > endsUtc)
      return { enabled: false, detail: 'Time was up before enablement could be completed.' };
    yield* waitUntil(context, where.opensUtc);
    detail = yield* workInWindow(context, vmId, where.closesUtc, pace);
  }
  return { enabled: false, detail };
}

/** One window's worth of work; returns what there is to tell of it. */
function* workInWindow(
  context: OrchestrationContext,
  vmId: VmId,
  closesUtc: string,
  pace: Pace,
): Step<string> {
  const start = yield* call(context, startExtension, { vmId, closesUtc });
  if (start.kind === 'refused') {
    tell(context, vmId, 'pending', start.message);
    yield* waitUntil(context, closesUtc);
    return start.message;
  }
  while (nowUtc(context) < closesUtc) {
    yield* waitUntil(context, earlier(closesUtc, addSeconds(nowUtc(context), pace.assessmentPollSeconds)));
    const read = yield* call(context, readExtension, { vmId, operationId: start.operationId });
    if (read.kind === 'installed') return read.detail;
    if (read.kind === 'failed') {
      tell(context, vmId, 'pending', read.message);
      yield* waitUntil(context, closesUtc);
      return read.message;
    }
  }
  return 'Off-peak hours ended before the extension was installed; it goes on in the next.';
}

function tell(context: OrchestrationContext, vmId: VmId, state: 'pending' | 'ready', detail: string): void {
  signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', {
    ...{ kind: 'enablement', state, atUtc: nowUtc(context), detail },
  });
}
