import { randomUUID } from 'node:crypto';
import type { VmId } from '../../domain/ids';
import { addSeconds } from '../../domain/instants';
import type { InstallRequest, StartAnswer } from '../driver';
import type { Arm, PatchAction } from './arm';
import type { BudgetName, RequestBudgets } from './requestBudgets';
import { eventOf, type EventSink } from './driverLog';
import { installBody } from './installBody';
import { operationIdOf, RUNNING_HOURS_MAX, type AzureOperation, type OperationTable } from './operationTable';
import { refusalOf, type ArmAnswer, type Refused } from './refusals';
import { retryAfterSeconds } from './retryAfter';
import { placeOf, type VmState } from './vmState';

export interface StartSources {
  readonly arm: Arm;
  readonly budgets: RequestBudgets;
  readonly operations: OperationTable;
  readonly log: EventSink;
  readonly nowUtc: () => string;
}

export type Wanted =
  | { readonly kind: 'assessment' | 'extension' }
  | { readonly kind: 'installation'; readonly request: InstallRequest };

/** So long an unanswered request may still turn up as an operation. */
const UNANSWERED_MINUTES = 5;
/** An operation on the VM is not over sooner. */
const BUSY_SECONDS = 60;

/** Why a request is not sent at all; null when it may be. What Azure would refuse costs a call of a small budget. */
export function ownRefusal(
  { vm, view, ownInstall }: VmState,
  wanted: Wanted,
  nowUtc: string,
): Refused | null {
  if (view.powerState !== 'running') return refused('notRunning', `The VM is ${view.powerState}.`);
  if (view.agent.status !== 'ready')
    return refused(
      'agentNotReady',
      `The VM agent is ${view.agent.status === 'unknown' ? 'silent' : 'not ready'}.`,
    );
  const busy = runningOn(view, ownInstall, nowUtc);
  if (busy !== null) return refused('conflict', busy, BUSY_SECONDS);
  const { control } = vm;
  if (wanted.kind === 'installation' && control !== undefined && control.kind !== 'inCharge')
    return refused('notAllowed', `Lowtide is not in charge of this VM: ${control.because}.`);
  return null;
}

/**
 * What runs on a VM, whoever started it. In a guest a newer request ends an older one, an assessment an installation even: so nothing is
 * started beside anything (azure-driver-facts, section 4).
 */
function runningOn(view: VmState['view'], own: AzureOperation | null, nowUtc: string): string | null {
  const { lastAssessment, lastInstallation, isProvisioning } = view;
  if (isProvisioning) return 'The VM itself is being changed.';
  const isFresh = (startTime: string): boolean => hoursSince(startTime, nowUtc) < RUNNING_HOURS_MAX;
  if (lastInstallation?.status === 'InProgress' && isFresh(lastInstallation.startTime))
    return `An installation is in progress on the VM (${lastInstallation.installationActivityId}).`;
  if (lastAssessment?.status === 'InProgress' && isFresh(lastAssessment.startTime))
    return `An assessment is in progress on the VM (${lastAssessment.assessmentActivityId}).`;
  if (own === null) return null;
  const sinceHours = hoursSince(own.sentUtc, nowUtc);
  if (own.state === 'sent' && sinceHours * 60 < UNANSWERED_MINUTES)
    return 'A request to install was sent to the VM and has not been answered.';
  if (own.state === 'accepted' && sinceHours < RUNNING_HOURS_MAX)
    return 'An installation that this driver started has not been seen to end.';
  return null;
}

function hoursSince(startUtc: string, nowUtc: string): number {
  return (Date.parse(nowUtc) - Date.parse(startUtc)) / 3_600_000;
}

/**
 * Sends the request, once. Written down before it goes out and after its answer came. Throws when it is not known whether Azure took it: then
 * the operation stays `sent`, and a reading of the VM finds out.
 */
export async function startOperation(
  sources: StartSources,
  state: VmState,
  wanted: Wanted,
): Promise<StartAnswer> {
  const { arm, budgets, operations, log, nowUtc } = sources;
  const { vm } = state;
  const prepared = actionOf(wanted, state);
  if (prepared.kind === 'impossible') return refused('notAllowed', prepared.because);
  const counted = startBudgets(vm.subscriptionId, vm.region, vm.id);
  const wait = budgets.take(counted);
  if (wait > 0) return refused('throttled', 'The budget of patch operations is used up.', Math.ceil(wait));

  const before = await operations.latest(
    vm.id,
    wanted.kind === 'installation' ? 'installation' : 'assessment',
  );
  const sent = sentOperation(state, wanted, nowUtc());
  await operations.put(sent);
  const answer = await arm.start(vm.armId, prepared.action);
  if (answer.status !== 200 && answer.status !== 202) {
    const refusal = refusalOf(answer, nowUtc());
    if (refusal === null)
      throw new Error(
        `POST ${prepared.action.kind} of ${vm.id} was answered ${answer.status}: not known whether it runs.`,
      );
    // What was there before is of use still: its result has the reboot status.
    await operations.put(before ?? { ...sent, state: 'refused' });
    if (refusal.code === 'throttled') pauseFor(budgets, counted, answer, refusal);
    return refusal;
  }
  const seconds = retryAfterSeconds(answer, nowUtc());
  const accepted = acceptedOperation(sent, answer, seconds, nowUtc());
  await operations.put(accepted);
  await log.append([startEvent(accepted, wanted, prepared.notApplied)]);
  return { kind: 'started', operationId: accepted.operationId, retryAfterSeconds: seconds };
}

type Prepared =
  | { readonly kind: 'action'; readonly action: PatchAction; readonly notApplied: readonly string[] }
  | { readonly kind: 'impossible'; readonly because: string };

function actionOf(wanted: Wanted, { vm }: VmState): Prepared {
  if (wanted.kind !== 'installation')
    return { kind: 'action', action: { kind: 'assessPatches' }, notApplied: [] };
  const made = installBody(wanted.request, vm.osType);
  if (made.kind === 'impossible') return made;
  return {
    kind: 'action',
    action: { kind: 'installPatches', body: made.body },
    notApplied: made.notApplied,
  };
}

type Counted = readonly (readonly [BudgetName, string])[];

function startBudgets(subscription: string, region: string, id: VmId): Counted {
  return [
    ['guestPatch', `${subscription} ${region}`],
    ['guestPatchOfVm', id],
    ['armWrites', subscription],
  ];
}

/** The answer names the bucket that is empty, when Compute itself refused: `target` of the detail. Otherwise ARM's own is. */
function pauseFor(budgets: RequestBudgets, counted: Counted, { body }: ArmAnswer, refusal: Refused): void {
  const said = JSON.stringify(body ?? '');
  const ofResource = /GuestPatchOperationResource/i.test(said);
  const ofSubscription = /GuestPatchOperationSubscription/i.test(said);
  const ofArm = /SubscriptionRequestsThrottled/i.test(said);
  for (const [name, of] of counted) {
    const isMeant =
      (name === 'guestPatchOfVm' && !ofSubscription && !ofArm) ||
      (name === 'guestPatch' && ofSubscription && !ofResource) ||
      (name === 'armWrites' && ofArm);
    if (isMeant) budgets.pause(name, of, refusal.retryAfterSeconds ?? 0);
  }
}

function sentOperation(state: VmState, wanted: Wanted, nowUtc: string): AzureOperation {
  const { vm, model, view } = state;
  const request = wanted.kind === 'installation' ? wanted.request : null;
  return {
    operationId: operationIdOf(vm.id, wanted.kind, randomUUID()),
    vmId: vm.id,
    place: placeOf(vm, model),
    kind: wanted.kind,
    state: 'sent',
    sentUtc: nowUtc,
    statusUrl: null,
    resultUrl: null,
    notBeforeUtc: null,
    rolloutId: request?.rolloutId ?? null,
    maximumDurationMinutes: request?.maximumDurationMinutes ?? null,
    previousActivityId: view.lastInstallation?.installationActivityId ?? null,
    activityId: null,
    answer: null,
  };
}

/** Azure-AsyncOperation says how it stands and Location has the result; Arc and older versions send Location alone (15). */
function acceptedOperation(
  sent: AzureOperation,
  { headers }: ArmAnswer,
  seconds: number | null,
  nowUtc: string,
): AzureOperation {
  const notBeforeUtc = seconds === null ? null : addSeconds(nowUtc, seconds);
  return {
    ...sent,
    state: 'accepted',
    statusUrl: headers['azure-asyncoperation'] ?? null,
    resultUrl: headers['location'] ?? null,
    notBeforeUtc,
  };
}

function startEvent(
  operation: AzureOperation,
  wanted: Wanted,
  notApplied: readonly string[],
): ReturnType<typeof eventOf> {
  const { sentUtc, kind } = operation;
  if (kind !== 'installation' || wanted.kind !== 'installation')
    return eventOf(sentUtc, 'assessmentStarted', { ...operation, rolloutId: null });
  const { maximumDurationMinutes, classificationsToInclude } = wanted.request;
  return eventOf(sentUtc, 'installStarted', operation, {
    maximumDurationMinutes,
    classifications: classificationsToInclude,
    ...(notApplied.length > 0 && { notApplied }),
  });
}

export function refused(code: Refused['code'], message: string, seconds: number | null = null): Refused {
  return { kind: 'refused', code, message, retryAfterSeconds: seconds };
}
