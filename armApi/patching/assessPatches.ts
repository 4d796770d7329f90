import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Pace } from '../../activities/contracts';
import { patchingIn } from '../../domain/apiVersion';
import { VmId } from '../../domain/ids';
import type { AvailablePatchSummary } from '../../domain/patches';
import type { KnownPatch } from '../../drivers/simulated/simulatedDriver';
import { assessVm } from '../../orchestrations/contracts';
import { armRoute } from '../http/armRoute';
import { accepted, operationKind } from '../http/longRunning';
import { findSettledVm } from '../resources/lookup';
import { requireFeature } from './optIn';
import { outcomeOf } from '../http/orchestrated';
import { requireReachable } from '../resources/reachable';
import type { JsonObject } from '../http/requestBody';

/** at any time, off-peak or not. It takes minutes, and installs nothing. */
armRoute(
  {
    name: 'armAssessPatches',
    route:
      'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/assessPatches',
    methods: ['POST'],
    family: 'compute',
  },
  async (request, context) => {
    requireFeature(request, context, 'InGuestPatchVMPreview');
    const { id, armId, vm } = findSettledVm(request, context);
    await requireReachable(context, id);
    const instanceId = `assess-${randomUUID()}`;
    const input: z.input<typeof assessVm.input> = { vmId: id, pace: Pace.parse(context.services.policy) };
    await context.client.startNew(assessVm.name, { instanceId, input });
    return accepted(request, context, {
      kind: 'assessPatches',
      location: vm.region,
      resourceId: armId,
      data: { instanceId },
    });
  },
);

const Data = z.object({ instanceId: z.string() });

operationKind('assessPatches', async ({ data, resourceId, apiVersion }, context) => {
  const outcome = await outcomeOf(context, Data.parse(data).instanceId, assessVm.output);
  if (outcome.kind !== 'ended') return outcome.state;
  const { output, endedUtc } = outcome;
  if (output.summary === null) {
    const error = { code: 'VMGuestPatchAssessmentFailed', message: output.message };
    return { status: 'Failed', error, endedUtc };
  }
  const patches = context.services.driver.availablePatches(VmId.parse(resourceId)) ?? [];
  return { status: 'Succeeded', body: assessResult(output.summary, patches, apiVersion), endedUtc };
});

/** VirtualMachineAssessPatchesResult. */
function assessResult(
  summary: AvailablePatchSummary,
  patches: readonly KnownPatch[],
  apiVersion: string,
): JsonObject {
  const { startTime, lastModifiedTime, error, ...counts } = summary;
  const shapes = patchingIn(apiVersion);
  const listed = patches.map(({ kbId, classification, name, version, patchId, ...patch }) => ({
    patchId,
    name,
    version,
    classifications: [classification],
    ...(kbId !== null && (shapes.availablePatches ? { kbId } : { kbid: kbId })),
    rebootBehavior: patch.rebootBehavior,
    activityId: summary.assessmentActivityId,
    publishedDate: patch.publishedDate,
    lastModifiedDateTime: lastModifiedTime,
    assessmentState: 'Available',
  }));
  return {
    ...counts,
    startDateTime: startTime,
    ...(shapes.availablePatches ? { availablePatches: listed } : { patches: listed }),
    ...(error && { error }),
  };
}
