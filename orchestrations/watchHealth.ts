import type { OrchestrationContext } from 'durable-functions';
import { probeHealth, type Pace } from '../activities/contracts';
import type { HealthAnswer } from '../domain/health';
import type { VmId } from '../domain/ids';
import { addSeconds, call, earlier, nowUtc, waitUntil, type Step } from './durable';

export interface HealthSeen {
  readonly answer: HealthAnswer;
  readonly because: string;
  readonly atUtc: string;
}

/**
 * Watches a VM through its soak and returns what it was at its end. Elapsed time proves nothing: a VM that is unknown at the end is
 * watched on until it answers, or for so long that its silence is the answer.
 */
export function* watchHealth(context: OrchestrationContext, vmId: VmId, pace: Pace): Step<HealthSeen> {
  const soakedUtc = addSeconds(nowUtc(context), pace.soakSeconds);
  const silentUtc = addSeconds(soakedUtc, pace.unknownTimeoutSeconds);
  for (;;) {
    const seen = yield* call(context, probeHealth, { vmId });
    if (seen.answer === 'stopped') return seen;
    const now = nowUtc(context);
    if (now >= soakedUtc && (seen.answer !== 'unknown' || now >= silentUtc)) return seen;
    const next = addSeconds(now, pace.healthPollSeconds);
    yield* waitUntil(context, now < soakedUtc ? earlier(next, soakedUtc) : earlier(next, silentUtc));
  }
}
