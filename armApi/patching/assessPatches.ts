import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Pace } from '../../activities/contracts';
import { VmId } from '../../domain/ids';
import type { AvailablePatchSummary } from '../../domain/patches';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { KnownPatch } from '../../drivers/simulated/simulatedDriver';
import { assessVm } from '../../orchestrations/contracts';
import type { ArmRoute } from '../http/armRoute';
import { armTime } from '../http/armTime';
import { accepted, type OperationKind } from '../http/longRunning';
import { findProvisionedVm } from '../resources/lookup';
import { requireFeature } from './optIn';
import { outcomeOf } from '../http/orchestrated';
import { AGENT_MAY_BE_SILENT_SECONDS, agentSilent, requireRunning } from '../resources/reachable';
import { availablePatch, countNeedingUbuntuPro, errorOf, osTypeOf } from './patchResult';
import type { JsonObject } from '../http/json';

/** at any time, off-peak or not. It takes minutes, and installs nothing. */
const assessPatches: ArmRoute = {
  name: 'armAssessPatches',
  route:
    'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/assessPatches',
  methods: ['POST'],
  role: 'operator',
  family: 'compute',
  quota: 'guestPatch',
  handler: async (request, context) => {
    requireFeature(request, context, 'InGuestPatchVMPreview');
    const { id, armId, vm } = findProvisionedVm(request, context);
    await requireRunning(context, id);
    // The activity has the id of the request that began it, and so has its operation (facts, 4).
    const activityId = randomUUID();
    const instanceId = `assess-${activityId}`;
    const input: z.input<typeof assessVm.input> = {
      vmId: id,
      pace: Pace.parse(context.services.policy),
      agentSeconds: AGENT_MAY_BE_SILENT_SECONDS,
      activityId,
    };
    await context.client.startNew(assessVm.name, { instanceId, input });
    return accepted(request, context, {
      id: activityId,
      kind: 'assessPatches',
      location: vm.region,
      resourceId: armId,
      data: { instanceId },
    });
  },
};

const Data = z.object({ instanceId: z.string() });

/** What becomes of an assessment. */
export const assessment: OperationKind = async ({ data, resourceId }, context) => {
  const outcome = await outcomeOf(context, Data.parse(data).instanceId, assessVm.output);
  if (outcome.kind !== 'ended') return outcome.state;
  const { output, endedUtc } = outcome;
  if (output.summary === null) {
    const { code, message } = output;
    const isSilent = code === 'agentNotReady';
    const said = (await context.services.driver.readVirtualMachine(VmId.parse(resourceId)))?.lastAssessment;
    const failed = said?.error ?? { code: 'VMGuestPatchAssessmentFailed', message };
    const error = isSilent ? agentSilent(resourceId) : failed;
    return { status: 'Failed', error, endedUtc };
  }
  const id = VmId.parse(resourceId);
  const patches = context.services.driver.availablePatches(id) ?? [];
  return {
    status: 'Succeeded',
    body: assessResult(output.summary, patches, osTypeOf(context, id)),
    endedUtc,
  };
};

/** VirtualMachineAssessPatchesResult. */
function assessResult(
  summary: AvailablePatchSummary,
  patches: readonly KnownPatch[],
  osType: VirtualMachine['osType'],
): JsonObject {
  const { assessmentActivityId: activityId, error } = summary;
  const lastModifiedDateTime = armTime(summary.lastModifiedTime);
  return {
    status: summary.status,
    assessmentActivityId: activityId,
    rebootPending: summary.rebootPending,
    criticalAndSecurityPatchCount: summary.criticalAndSecurityPatchCount,
    otherPatchCount: summary.otherPatchCount,
    startDateTime: armTime(summary.startTime),
    availablePatches: patches.map((patch) =>
      availablePatch(patch, osType, { activityId, lastModifiedDateTime }),
    ),
    error: errorOf(error, osType, countNeedingUbuntuPro(patches)),
  };
}

export const assessPatchesRoutes: readonly ArmRoute[] = [assessPatches];
