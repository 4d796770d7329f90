import { randomUUID } from 'node:crypto';
import * as df from 'durable-functions';
import { z } from 'zod';
import { Pace } from '../../activities/contracts';
import { patchingIn } from '../../domain/apiVersion';
import { setShare, standaloneShare, subscriptionKey, type Disruption } from '../../domain/disruption';
import { tryAcquire } from '../../domain/ledger';
import { ledgerOf } from '../../domain/ledgerState';
import { shortText } from '../../composition/shortText';
import type { PatchInstallationSummary } from '../../domain/patches';
import { VmId } from '../../domain/ids';
import { withBudgets } from '../../activities/budgets/budgetShares';
import { expectClaim } from '../../activities/round/expectClaim';
import { pairComponent } from '../../domain/regions';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { FoundPatch } from '../../drivers/simulated/patches/foundPatches';
import { disruptionLedger } from '../../entities/contracts';
import { installOnDemand } from '../../orchestrations/contracts';
import type { ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { armTime } from '../http/armTime';
import { ArmError, invalidParameter, operationNotAllowed } from '../http/armError';
import { asReported } from './closingAssessment';
import { readInstallOrder } from './installOrder';
import { accepted, type OperationKind } from '../http/longRunning';
import { findProvisionedVm } from '../resources/lookup';
import { modeOf } from '../resources/vmModel';
import { requireFeature } from './optIn';
import { outcomeOf } from '../http/orchestrated';
import { agentSilent, requireRunning } from '../resources/reachable';
import { countNeedingUbuntuPro, errorOf, installedPatch, osTypeOf } from './patchResult';
import type { JsonObject } from '../http/json';

/** A caller that has waited so long gets an answer. */
const WAIT_HOURS_MAX = 24;

/** Installation by a person: at any hour, but through the disruption ledger like everything that takes VMs down. */
const installPatches: ArmRoute = {
  name: 'armInstallPatches',
  route:
    'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/installPatches',
  methods: ['POST'],
  role: 'operator',
  family: 'compute',
  quota: 'guestPatch',
  handler: async (request, context) => {
    if (!patchingIn(request.apiVersion).installPatches) throw notInVersion(request.apiVersion);
    requireFeature(request, context, 'InGuestPatchVMPreview');
    const { id, armId, vm } = findProvisionedVm(request, context);
    // The activity has the id of the request that began it, and so has its operation (facts, 4).
    const activityId = randomUUID();
    const order = { ...readInstallOrder(request.body, vm.osType), activityId };
    const ifBusy = ifBusyOf(request);
    const { extension } = await requireRunning(context, id);
    if (extension === null && modeOf(vm) === 'AutomaticByPlatform')
      throw operationNotAllowed(
        'The patch extension is not installed yet: in patch mode AutomaticByPlatform it comes in the off-peak hours of the VM.',
      );
    const input = await inputOf(context, vm, { order, ifBusy, by: `${request.by}, over the ARM API` });
    const instanceId = `install-${activityId}`;
    if (ifBusy === 'fail') await requireFree(context, instanceId, input);
    await context.client.startNew(installOnDemand.name, { instanceId, input });
    return accepted(request, context, {
      id: activityId,
      kind: 'installPatches',
      location: vm.region,
      resourceId: armId,
      data: { instanceId },
    });
  },
};

type Input = z.infer<typeof installOnDemand.input>;

async function inputOf(
  { services }: ArmContext,
  vm: VirtualMachine,
  asked: Pick<Input, 'order' | 'ifBusy' | 'by'>,
): Promise<Input> {
  const waitUntilMs = Date.parse(services.nowUtc()) + WAIT_HOURS_MAX * 3_600_000;
  const waitUntilUtc = new Date(waitUntilMs).toISOString();
  const disruption = await withBudgets(services, await disruptionOf(services, vm), [vm.id]);
  await expectClaim(services, disruption, waitUntilUtc);
  return {
    ...asked,
    vmId: vm.id,
    ledger: pairComponent(vm.region),
    disruption,
    waitUntilUtc,
    pace: Pace.parse(services.policy),
  };
}

async function disruptionOf(
  { driver, inventory, policy }: ArmContext['services'],
  vm: VirtualMachine,
): Promise<Disruption> {
  const { region, zone, availabilitySetId, updateDomain, subscriptionId } = vm;
  const place = { region, zone, availabilitySetId, updateDomain, count: 1 };
  if (availabilitySetId !== null) {
    const members = driver.resources.availabilitySet(availabilitySetId)?.members.length ?? 1;
    return { ...place, shareMax: setShare(members, policy) };
  }
  const max = standaloneShare(await inventory.standaloneCount(subscriptionId, region), policy);
  return {
    ...place,
    shareMax: null,
    subscriptions: [{ subscription: subscriptionKey(subscriptionId), count: 1, max }],
  };
}

/** `ifBusy=fail` wants an answer at once; by default it waits. An option of Lowtide: Azure knows no such parameter. */
function ifBusyOf(request: ArmRequest): 'wait' | 'fail' {
  const written = request.query('ifBusy')?.toLowerCase() ?? 'wait';
  if (written === 'wait' || written === 'fail') return written;
  throw invalidParameter("The query parameter 'ifBusy' may be 'wait' or 'fail'.", 'ifBusy');
}

/**
 * Would the ledger grant it? Only the orchestration takes the claim: should another claim come between, the operation fails instead of
 * this request.
 */
async function requireFree({ client, services }: ArmContext, claimId: string, input: Input): Promise<void> {
  const { ledger, disruption, waitUntilUtc: deadlineUtc, pace } = input;
  const entity = await client.readEntityState(new df.EntityId(disruptionLedger.name, ledger));
  const state = ledgerOf(entity.entityExists ? entity.entityState : null, shortText);
  const nowUtc = services.nowUtc();
  const { answer } = tryAcquire(state, {
    claimId,
    kind: 'onDemand',
    disruption,
    deadlineUtc,
    nowUtc,
    startByUtc: deadlineUtc,
    expiresUtc: deadlineUtc,
    ticketLapseSeconds: pace.ticketLapseSeconds,
  });
  if (answer.kind === 'granted') return;
  const because = answer.because.map(({ rule, by }) => `${rule}, held by ${by}`).join('; ');
  throw operationNotAllowed(
    `The availability rules forbid an installation on this VM now: ${because}. Without ifBusy=fail it would wait for its turn.`,
  );
}

const Data = z.object({ instanceId: z.string() });

/** What becomes of an installation. */
export const installation: OperationKind = async ({ data, resourceId }, context) => {
  const outcome = await outcomeOf(context, Data.parse(data).instanceId, installOnDemand.output);
  if (outcome.kind !== 'ended') return outcome.state;
  const { output, endedUtc } = outcome;
  const id = VmId.parse(resourceId);
  const summary = output.summary === null ? null : asReported(context, id, output.summary);
  const silent = agentSilent(resourceId);
  const ended = output.error?.code === silent.code ? silent : output.error;
  const error = ended ?? (extensionFailed(summary) ? summary.error : null);
  if (summary === null || error !== null)
    return { status: 'Failed', error: error ?? UNKNOWN, endedUtc, httpStatus: 409 };
  const { installationActivityId } = summary;
  const found = context.services.driver.foundPatches(id, installationActivityId) ?? [];
  return { status: 'Succeeded', body: installResult(summary, found, osTypeOf(context, id)), endedUtc };
};

const UNKNOWN = { code: 'VMGuestPatchInternalError', message: 'The result is not known.' };

/** The extension itself broke; there are no results to show. Patches that failed are a result. */
function extensionFailed(summary: PatchInstallationSummary | null): summary is PatchInstallationSummary {
  return summary?.status === 'Failed' && OF_THE_EXTENSION.has(summary.error?.code ?? '');
}

const OF_THE_EXTENSION: ReadonlySet<string> = new Set([
  'VMGuestPatchInternalError',
  'VMExtensionProvisioningError',
]);

/** VirtualMachineInstallPatchesResult. */
function installResult(
  summary: PatchInstallationSummary,
  found: readonly FoundPatch[],
  osType: VirtualMachine['osType'],
): JsonObject {
  return {
    status: summary.status,
    installationActivityId: summary.installationActivityId,
    rebootStatus: summary.rebootStatus,
    maintenanceWindowExceeded: summary.maintenanceWindowExceeded,
    excludedPatchCount: summary.excludedPatchCount,
    notSelectedPatchCount: summary.notSelectedPatchCount,
    pendingPatchCount: summary.pendingPatchCount,
    installedPatchCount: summary.installedPatchCount,
    failedPatchCount: summary.failedPatchCount,
    patches: found.map((patch) => installedPatch(patch, osType)),
    startDateTime: armTime(summary.startTime),
    error: errorOf(summary.error, osType, countNeedingUbuntuPro(found)),
  };
}

function notInVersion(apiVersion: string): ArmError {
  return new ArmError(
    400,
    'NoRegisteredProviderFound',
    `The operation 'installPatches' does not exist in API version '${apiVersion}'. It exists from 2020-12-01 on.`,
  );
}

export const installPatchesRoutes: readonly ArmRoute[] = [installPatches];
