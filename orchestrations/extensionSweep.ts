import type { OrchestrationContext } from 'durable-functions';
import { collectOutdatedExtensions } from '../activities/contracts';
import { childId, keyOf } from '../domain/ids';
import * as children from './contracts';
import { addSeconds, allEnded, call, startChild, type Step } from './durable';

/** Longest time an extension update may take before its orchestration gives up; an assessment finds it again. */
const UPDATE_SECONDS = 3 * 24 * 3600;

/** no person updates the extension by hand; the platform does, off-peak. */
export function* extensionSweep(context: OrchestrationContext): Step<{ updated: number }> {
  const { sweepUtc, seen } = children.extensionSweep.input.parse(context.df.getInput());
  const { vmIds, pace } = yield* call(context, collectOutdatedExtensions, { nowUtc: sweepUtc, seen });
  const ended = yield* allEnded(
    context,
    vmIds.map((vmId) =>
      startChild(context, children.enableVm, childId(context.df.instanceId, keyOf(vmId)), {
        vmId,
        endsUtc: addSeconds(sweepUtc, UPDATE_SECONDS),
        pace,
      }),
    ),
  );
  return { updated: ended.filter((one) => one.ok && one.value.enabled).length };
}
