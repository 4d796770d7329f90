import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { assess } from './assessment';
import * as children from './contracts';
import { addSeconds, nowUtc, waitUntil, type Step } from './durable';

/** How often a silent agent is tried. */
const AGENT_POLL_SECONDS = 60;

/** Assesses one VM at any time, because a person asked. Nothing is installed in consequence. */
export function* assessVm(context: OrchestrationContext): Step<z.output<typeof children.assessVm.output>> {
  const { vmId, pace, agentSeconds, activityId } = children.assessVm.input.parse(context.df.getInput());
  const untilUtc = addSeconds(nowUtc(context), agentSeconds);
  let result = yield* assess(context, vmId, pace, activityId);
  while (result.kind === 'failed' && result.code === 'agentNotReady' && nowUtc(context) < untilUtc) {
    yield* waitUntil(context, addSeconds(nowUtc(context), AGENT_POLL_SECONDS));
    result = yield* assess(context, vmId, pace, activityId);
  }
  return result.kind === 'assessed'
    ? { assessed: true, message: '', code: null, summary: result.summary }
    : { assessed: false, message: result.message, code: result.code ?? null, summary: null };
}
