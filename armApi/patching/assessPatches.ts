import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Pace } from '../../activities/contracts';
import { patchingIn } from '../../domain/apiVersion';
import { VmId } from '../../domain/ids';
import type { AvailablePatchSummary } from '../../domain/patches';
import type { KnownPatch } from '../../drivers/simulated/simulatedDriver';
import { assessVm } from '../../orchestrations/contracts';
import type { ArmRoute } from '../http/armRoute';
import { accepted, type OperationKind } from '../http/longRunning';
import { findProvisionedVm } from '../resources/lookup';
import { requireFeature } from './optIn';
import { outcomeOf } from '../http/orchestrated';
import { requireReachable } from '../resources/reachable';
import type { JsonObject } from '../http/json';

/** at any time, off-peak or not. It takes minutes, and installs nothing. */
const assessPatches: ArmRoute = {
  name: 'armAssessPatches',
  route:
    'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/assessPatches',
  methods: ['POST'],
  family: 'compute',
  handler: async (request, context) => {
    requireFeature(request, context, 'InGuestPatchVMPreview');
    const { id, armId, vm } = findProvisionedVm(request, context);
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
};

const Data = z.object({ instanceId: z.string() });

/** What becomes of an assessment. */
export const assessment: OperationKind = async ({ data, resourceId, apiVersion }, context) => {
  const outcome = await outcomeOf(context, Data.parse(data).instanceId, assessVm.output);
  if (outcome.kind !== 'ended') return outcome.state;
  const { output, endedUtc } = outcome;
  if (output.summary === null) {
    const error = { code: 'VMGuestPatchAssessmentFailed', message: output.message };
    return { status: 'Failed', error, endedUtc };
  }
  const patches = context.services.driver.availablePatches(VmId.parse(resourceId)) ?? [];
  return { status: 'Succeeded', body: assessResult(output.summary, patches, apiVersion), endedUtc };
};

/** VirtualMachineAssessPatchesResult. */
function assessResult(
  summary: AvailablePatchSummary,
  patches: readonly KnownPatch[],
  apiVersion: string,
): JsonObject {
  const { startTime, lastModifiedTime, error, ...counts } = summary;
  const { availablePatches: isCurrent } = patchingIn(apiVersion);
  const listed = patches.map((patch) => ({
    patchId: patch.patchId,
    name: patch.name,
    version: patch.version,
    kbId: isCurrent ? (patch.kbId ?? undefined) : undefined,
    kbid: isCurrent ? undefined : (patch.kbId ?? undefined),
    classifications: [patch.classification],
    rebootBehavior: patch.rebootBehavior,
    activityId: summary.assessmentActivityId,
    publishedDate: patch.publishedDate,
    lastModifiedDateTime: lastModifiedTime,
    assessmentState: 'Available',
  }));
  return {
    ...counts,
    startDateTime: startTime,
    availablePatches: isCurrent ? listed : undefined,
    patches: isCurrent ? undefined : listed,
    error: error ?? undefined,
  };
}

export const assessPatchesRoutes: readonly ArmRoute[] = [assessPatches];
