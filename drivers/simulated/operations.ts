import type { InstallRequest } from '../driver';
import { AUTOMATIC_CLASSIFICATIONS, type PatchClassification } from '../../domain/patches';
import { chance } from '../../domain/seed';
import { guidOf } from './guid';
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
import { MINUTE_MS } from './rates';
import { isOn, latestExtension, nextOffMs, strikes, wasStartedSince } from './vitals';

/** Begins an assessment: 2 to 8 minutes. What it finds is what can be seen when it starts. */
export function beginAssessment(machine: Machine, startMs: number): Assessment {
  const base = begin(machine, startMs, 'assessment');
  const call = machine.asks;
  const endMs = Math.floor(startMs + (2 + 6 * chance(machine.dice, 'assess', call)) * MINUTE_MS);
  const fails = strikes(machine, 'assessmentFails', startMs, call) !== undefined;
  const result = fails ? FAILED_ASSESSMENT : assess(machine, startMs);
  const steps: Step[] = [{ atMs: startMs, action: 'assessmentStarted' }, assessed(endMs, result)];
  const rebootPending = isRebootPending(machine, startMs);
  const assessment: Assessment = {
    ...base,
    kind: 'assessment',
    rolloutId: null,
    endMs,
    steps,
    rebootPending,
    result,
  };
  machine.lastAssessment = assessment;
  return underway(assessment);
}

/** Begins an installation by the extension. */
export function beginInstallation(machine: Machine, startMs: number, request: InstallRequest): Installation {
  const base = begin(machine, startMs, 'installation');
  const story = tellInstallation(machine, startMs, request);
  const installation: Installation = {
    ...base,
    kind: 'installation',
    rolloutId: request.rolloutId,
    ...story,
  };
  machine.lastInstallation = installation;
  if (story.faults.length > 0 || story.agentGap !== null) machine.aftermaths.push(installation);
  return underway(installation);
}

/** Begins to install or update the patch extension: mostly some minutes, now and then more than three hours. */
export function beginExtension(machine: Machine, startMs: number): ExtensionInstallation {
  const base = begin(machine, startMs, 'extension');
  const dice = chance(machine.dice, 'extension', machine.asks);
  const minutes = dice < 0.8 ? 5 + 40 * dice : 40 + 160 * ((dice - 0.8) / 0.2);
  const endMs = Math.floor(startMs + minutes * MINUTE_MS);
  const version = latestExtension(endMs);
  const steps: Step[] = [{ atMs: endMs, action: 'extensionInstalled', detail: { version } }];
  const extension: ExtensionInstallation = {
    ...base,
    kind: 'extension',
    rolloutId: null,
    endMs,
    steps,
    version,
    failed: false,
  };
  underway(extension);
  if (!extension.failed) {
    machine.extensionMs = endMs;
    machine.enabledMs = Math.min(machine.enabledMs, endMs);
  }
  return extension;
}

function begin(
  machine: Machine,
  startMs: number,
  kind: Operation['kind'],
): { id: string; activityId: string; machine: Machine; startMs: number; lost: boolean } {
  settleCurrent(machine, startMs);
  machine.asks += 1;
  return {
    id: guidOf(machine.dice, machine.bornMs, kind, machine.asks),
    activityId: guidOf(machine.dice, machine.bornMs, kind, machine.asks, 'activity'),
    machine,
    startMs,
    lost: strikes(machine, 'operationLost', startMs, machine.asks) !== undefined,
  };
}

function underway<T extends Operation>(operation: T): T {
  operation.machine.current = operation;
  interruptWhereItMust(operation, operation.startMs);
  return operation;
}

/** If the VM goes off or away before the operation is over, it ends there and then. */
export function interruptWhereItMust(operation: Operation, nowMs: number): void {
  const { machine, endMs } = operation;
  const offMs = isOn(machine, nowMs) ? nextOffMs(machine, nowMs, endMs) : nowMs;
  const cutMs = Math.min(offMs, machine.goneMs);
  if (cutMs >= endMs) return;
  const gone = machine.goneMs <= offMs;
  const last = interrupt(operation, cutMs, gone ? GONE : POWERED_OFF);
  operation.steps = [...operation.steps, ...last];
  if (gone) operation.lost = true;
}

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
  const done = operation.steps.filter((step) => step.atMs < atMs || step.atMs === operation.startMs);
  operation.steps = done;
  operation.endMs = atMs;
  switch (operation.kind) {
    case 'assessment':
      operation.result = { ...FAILED_ASSESSMENT, error };
      return [assessed(atMs, operation.result)];
    case 'extension':
      operation.failed = true;
      return [];
    case 'installation': {
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
  return {
    status: 'Succeeded',
    criticalAndSecurityPatchCount: count,
    otherPatchCount: available.length - count,
    error: null,
  };
}

function isRebootPending(machine: Machine, nowMs: number): boolean {
  const last = machine.lastInstallation;
  if (last === null || last.endMs > nowMs) return false;
  const pending = last.result.rebootStatus === 'Required' || last.result.rebootStatus === 'Failed';
  if (!pending || wasStartedSince(machine, last.endMs, nowMs)) return false;
  return nextOffMs(machine, last.endMs, nowMs) === Infinity;
}
