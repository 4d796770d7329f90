import type { InstallRequest } from '../../driver';
import { AUTOMATIC_CLASSIFICATIONS, type PatchClassification } from '../../../domain/patches';
import { chance } from '../../../domain/seed';
import { guidOf } from '../guid';
import { completed, tellInstallation } from './installStory';
import {
  availablePatches,
  settleCurrent,
  type Assessment,
  type AssessmentResult,
  type ExtensionInstallation,
  type Installation,
  type Machine,
  type Operation,
  type Step,
} from './machine';
import { canReachUpdates, isOn, latestExtension, nextOffMs, strikes, wasStartedSince } from './vitals';

/** Begins an assessment: 2 to 8 minutes. What it finds is what can be seen when it starts. */
export function beginAssessment(machine: Machine, startMs: number): Assessment {
  const { ordinal, lost } = begin(machine, startMs);
  const minutes = 2 + 6 * chance(machine.dice, 'assess', ordinal);
  const fails =
    strikes(machine, 'assessmentFails', startMs, ordinal) !== undefined || !canReachUpdates(machine);
  // Written out, not spread: V8 keeps it in a third of the room.
  const assessment: Assessment = {
    kind: 'assessment',
    machine,
    ordinal,
    startMs,
    endMs: Math.floor(startMs + minutes * machine.minuteMs),
    lost,
    endToldElsewhere: false,
    rebootPending: isRebootPending(machine, startMs),
    result: fails ? FAILED_ASSESSMENT : assess(machine, startMs),
  };
  machine.lastAssessment = assessment;
  return underway(assessment);
}

/** Begins an installation by the extension. */
export function beginInstallation(machine: Machine, startMs: number, request: InstallRequest): Installation {
  const base = begin(machine, startMs);
  const story = tellInstallation(machine, startMs, request, base.ordinal);
  const { rolloutId } = request;
  const installation: Installation = { ...base, kind: 'installation', rolloutId, ...story };
  machine.lastInstallation = installation;
  if (story.faults.length > 0 || story.agentGap !== null) machine.aftermaths.push(installation);
  return underway(installation);
}

/**
 * Begins to install or update the patch extension, or goes on with it: mostly some minutes, now and then more than three hours.
 * At `notAfterMs` it stops, and what is left is done when it is begun again.
 */
export function beginExtension(machine: Machine, startMs: number, notAfterMs: number): ExtensionInstallation {
  const base = begin(machine, startMs);
  const dice = chance(machine.dice, 'extension', base.ordinal);
  const minutes = dice < 0.8 ? 5 + 40 * dice : 40 + 160 * ((dice - 0.8) / 0.2);
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
  if (notAfterMs < doneMs) interrupt(extension, Math.max(startMs, notAfterMs), OFF_PEAK_OVER);
  return underway(extension);
}

function begin(
  machine: Machine,
  startMs: number,
): Pick<Operation, 'machine' | 'ordinal' | 'startMs' | 'lost'> {
  settleCurrent(machine, startMs);
  const ordinal = machine.operations.length + 1;
  return {
    machine,
    ordinal,
    startMs,
    lost: strikes(machine, 'operationLost', startMs, ordinal) !== undefined,
  };
}

/** The operation is the VM's current one; if the VM goes off or away meanwhile, it will end there and then. */
function underway<T extends Operation>(operation: T): T {
  operation.machine.operations.push(operation);
  operation.machine.current = operation;
  interruptWhereItMust(operation, operation.startMs);
  return operation;
}

/**
 * The same seed, VM and ordinal make the same id. Its last twelve digits say where to find the operation, so that a hundred
 * thousand of them need no index.
 */
export function operationIdOf({ machine, ordinal }: Operation): string {
  const hash = guidOf(machine.dice, machine.bornMs, ordinal).slice(0, 24);
  return hash + hex6(machine.index) + hex6(ordinal);
}

export function findOperation(machines: readonly Machine[], id: string): Operation | undefined {
  const [index, ordinal] = [id.slice(24, 30), id.slice(30)].map((digits) => Number.parseInt(digits, 16));
  const operation = machines[index ?? NaN]?.operations[(ordinal ?? NaN) - 1];
  return operation !== undefined && operationIdOf(operation) === id ? operation : undefined;
}

/** The id by which an installation is known again after its operation is forgotten. */
export function activityIdOf({ machine, ordinal }: Operation): string {
  return guidOf(machine.dice, machine.bornMs, ordinal, 'activity');
}

function hex6(number: number): string {
  return number.toString(16).padStart(6, '0');
}

/** What the operation logs itself. */
export function stepsOf(operation: Operation): readonly Step[] {
  if (operation.kind !== 'assessment') return operation.steps;
  const started: Step = { atMs: operation.startMs, action: 'assessmentStarted' };
  return operation.endToldElsewhere ? [started] : [started, assessed(operation.endMs, operation.result)];
}

/** If the VM goes off or away before the operation is over, it ends there and then. */
export function interruptWhereItMust(operation: Operation, nowMs: number): void {
  const { machine, endMs } = operation;
  const offMs = isOn(machine, nowMs) ? nextOffMs(machine, nowMs, endMs) : nowMs;
  const cutMs = Math.min(offMs, machine.goneMs);
  if (cutMs >= endMs) return;
  const gone = machine.goneMs <= offMs;
  const last = interrupt(operation, cutMs, gone ? GONE : POWERED_OFF);
  if (operation.kind === 'assessment') operation.endToldElsewhere = false;
  else operation.steps = [...operation.steps, ...last];
  if (gone) operation.lost = true;
}

const OFF_PEAK_OVER = {
  code: 'OffPeakHoursOver',
  message: 'Off-peak hours ended before the extension was installed; it goes on in the next.',
};
const POWERED_OFF = { code: 'VMNotRunning', message: 'The VM was powered off during the operation.' };
const GONE = { code: 'VMDeleted', message: 'The VM was deleted during the operation.' };
export const INTERRUPTIONS = { poweredOff: POWERED_OFF, gone: GONE };

const FAILED_ASSESSMENT: AssessmentResult = {
  status: 'Failed',
  criticalAndSecurityPatchCount: 0,
  otherPatchCount: 0,
  error: { code: 'VMGuestPatchAssessmentFailed', message: 'The update endpoint could not be reached.' },
};

/**
 * Ends an operation at an instant, failed. Its log ends there, too; the last event is returned, and who interrupts says where
 * it is logged.
 */
export function interrupt(
  operation: Operation,
  atMs: number,
  error: { readonly code: string; readonly message: string },
): readonly Step[] {
  operation.endMs = atMs;
  switch (operation.kind) {
    case 'assessment':
      operation.result = { ...FAILED_ASSESSMENT, error };
      operation.endToldElsewhere = true;
      return [assessed(atMs, operation.result)];
    case 'extension': {
      const { machine, before } = operation;
      operation.failed = error;
      operation.steps = [];
      machine.extensionMs = before.extensionMs;
      machine.enabledMs = before.enabledMs;
      machine.extensionLeftMs = operation.doneMs - atMs;
      return [];
    }
    case 'installation': {
      const done = operation.steps.filter((step) => step.atMs < atMs || step.atMs === operation.startMs);
      operation.steps = done;
      const count = (action: Step['action']): number => done.filter((step) => step.action === action).length;
      const installed = count('patchInstalled');
      const failed = count('patchFailed');
      const rebooting = count('rebootStarted') > count('rebootCompleted');
      operation.result = {
        ...operation.result,
        status: 'Failed',
        rebootStatus: rebooting ? 'Failed' : count('rebootCompleted') > 0 ? 'Completed' : 'Unknown',
        maintenanceWindowExceeded: false,
        installedPatchCount: installed,
        failedPatchCount: failed,
        pendingPatchCount: operation.selectedCount - installed - failed,
        error,
      };
      operation.faults = [];
      operation.agentGap = null;
      return [completed(atMs, operation.result)];
    }
  }
}

function assessed(atMs: number, result: AssessmentResult): Step {
  return { atMs, action: 'assessmentCompleted', detail: { ...result } };
}

/** what counts as critical and security, and all the rest. */
function assess(machine: Machine, nowMs: number): AssessmentResult {
  const available = availablePatches(machine, nowMs);
  const automatic: readonly PatchClassification[] = AUTOMATIC_CLASSIFICATIONS;
  const count = available.filter(({ line }) => automatic.includes(line.classification)).length;
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
