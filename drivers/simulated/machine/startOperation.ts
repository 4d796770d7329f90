import { AUTOMATIC_CLASSIFICATIONS, type PatchClassification } from '../../../domain/patches';
import { chance } from '../../../domain/seed';
import type { InstallRequest } from '../../driver';
import { canReachUpdates, latestExtension } from './agent';
import { extensionError, extensionFails } from './extensionFailure';
import { FAILED_ASSESSMENT, interrupt, interruptIfOffOrGone, INTERRUPTIONS } from './interruptOperation';
import {
  availablePatches,
  finishDueOperation,
  type Assessment,
  type AssessmentResult,
  type ExtensionInstallation,
  type Installation,
  type Machine,
  type Operation,
} from './machine';
import { giveActivityId } from './operationIds';
import { nextOffMs, wasStartedSince } from './power';
import { activeEffect } from './scenarioEffects';
import { simulateInstallation } from './simulateInstallation';

/** Starts an assessment: 2 to 8 minutes. What it finds is what can be seen when it starts. */
export function startAssessment(machine: Machine, startMs: number, activityId?: string): Assessment {
  const { ordinal, lost } = operationBase(machine, startMs);
  const minutes = 2 + 6 * chance(machine.vmSeed, 'assess', ordinal);
  const fails =
    activeEffect(machine, 'assessmentFails', startMs, ordinal) !== undefined || !canReachUpdates(machine);
  // Written out, not spread: V8 keeps it in a third of the room.
  const assessment: Assessment = {
    kind: 'assessment',
    machine,
    ordinal,
    startMs,
    endMs: Math.floor(startMs + minutes * machine.minuteMs),
    lost,
    endLoggedElsewhere: false,
    rebootPending: isRebootPending(machine, startMs),
    result: extensionFails(machine, startMs)
      ? { ...FAILED_ASSESSMENT, error: extensionError(machine.vm.osType) }
      : fails
        ? FAILED_ASSESSMENT
        : assess(machine, startMs),
  };
  machine.lastAssessment = assessment;
  giveActivityId(assessment, activityId);
  return underway(assessment);
}

/** Starts an installation by the extension. */
export function startInstallation(machine: Machine, startMs: number, request: InstallRequest): Installation {
  const { ordinal, lost } = operationBase(machine, startMs);
  const { rolloutId, activityId } = request;
  const { steps, endMs, selectedCount, found, result, outrightError, faults, agentGap } =
    simulateInstallation(machine, startMs, request, ordinal);
  const installation: Installation = {
    kind: 'installation',
    machine,
    ordinal,
    startMs,
    endMs,
    lost,
    rolloutId,
    steps,
    selectedCount,
    found,
    result,
    outrightError,
    faults,
    agentGap,
  };
  giveActivityId(installation, activityId);
  machine.lastInstallation = installation;
  if (faults.length > 0 || agentGap !== null) machine.installationsWithFaults.push(installation);
  return underway(installation);
}

/**
 * Starts to install or update the patch extension, or goes on with it: mostly some minutes, now and then more than three hours.
 * At `notAfterMs` it stops, and what is left is done when it is started again. Without an end (Infinity) it is what the first operation on a
 * VM brings along, in a minute or three.
 */
export function startExtension(machine: Machine, startMs: number, notAfterMs: number): ExtensionInstallation {
  const base = operationBase(machine, startMs);
  const random = chance(machine.vmSeed, 'extension', base.ordinal);
  const minutes = notAfterMs === Infinity ? 1 + 2 * random : minutesToEnable(random);
  const doneMs = Math.floor(startMs + (machine.extensionLeftMs ?? minutes * machine.minuteMs));
  const version = latestExtension(doneMs);
  const { extensionMs, enabledMs } = machine;
  const extension: ExtensionInstallation = {
    ...base,
    kind: 'extension',
    endMs: doneMs,
    steps: [{ atMs: doneMs, action: 'extensionInstalled', detail: { version } }],
    version,
    doneMs,
    before: { extensionMs, enabledMs },
    failed: null,
  };
  machine.extensionMs = doneMs;
  machine.enabledMs = Math.min(enabledMs, doneMs);
  machine.extensionLeftMs = null;
  if (notAfterMs < doneMs) interrupt(extension, Math.max(startMs, notAfterMs), INTERRUPTIONS.offPeakOver);
  return underway(extension);
}

function minutesToEnable(random: number): number {
  return random < 0.8 ? 5 + 40 * random : 40 + 160 * ((random - 0.8) / 0.2);
}

function operationBase(
  machine: Machine,
  startMs: number,
): Pick<Operation, 'machine' | 'ordinal' | 'startMs' | 'lost'> {
  finishDueOperation(machine, startMs);
  const ordinal = machine.operations.length + 1;
  return {
    machine,
    ordinal,
    startMs,
    lost: activeEffect(machine, 'operationLost', startMs, ordinal) !== undefined,
  };
}

/** The operation is the VM's current one; if the VM goes off or away meanwhile, it will end there and then. */
function underway<T extends Operation>(operation: T): T {
  operation.machine.operations.push(operation);
  operation.machine.current = operation;
  interruptIfOffOrGone(operation, operation.startMs);
  return operation;
}

/** what counts as critical and security, and all the rest. */
function assess(machine: Machine, nowMs: number): AssessmentResult {
  const available = availablePatches(machine, nowMs);
  const automatic: readonly PatchClassification[] = AUTOMATIC_CLASSIFICATIONS;
  const count = available.filter(({ series }) => automatic.includes(series.classification)).length;
  return assessmentResult(count, available.length - count);
}

const results = new Map<number, AssessmentResult>();

/** Most assessments find what others found; they share the result. */
function assessmentResult(automatic: number, other: number): AssessmentResult {
  const key = automatic * 1_000 + other;
  const known = results.get(key);
  if (known !== undefined) return known;
  const result: AssessmentResult = {
    status: 'Succeeded',
    criticalAndSecurityPatchCount: automatic,
    otherPatchCount: other,
    error: null,
  };
  results.set(key, result);
  return result;
}

function isRebootPending(machine: Machine, nowMs: number): boolean {
  const last = machine.lastInstallation;
  if (last === null || last.endMs > nowMs) return false;
  const pending = last.result.rebootStatus === 'Required' || last.result.rebootStatus === 'Failed';
  if (!pending || wasStartedSince(machine, last.endMs, nowMs)) return false;
  return nextOffMs(machine, last.endMs, nowMs) === Infinity;
}
