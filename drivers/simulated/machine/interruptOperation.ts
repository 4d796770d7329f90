import type { AssessmentResult, Operation, Step } from './machine';
import { assessmentCompleted, installCompleted } from './operationSteps';
import { isOn, nextOffMs } from './power';

/** If the VM goes off or away before the operation is over, it ends there and then. */
export function interruptIfOffOrGone(operation: Operation, nowMs: number): void {
  const { machine, endMs } = operation;
  const offMs = isOn(machine, nowMs) ? nextOffMs(machine, nowMs, endMs) : nowMs;
  const cutMs = Math.min(offMs, machine.goneMs);
  if (cutMs >= endMs) return;
  const gone = machine.goneMs <= offMs;
  const last = interrupt(operation, cutMs, gone ? INTERRUPTIONS.gone : INTERRUPTIONS.poweredOff);
  if (operation.kind === 'assessment') operation.endLoggedElsewhere = false;
  else operation.steps = [...operation.steps, ...last];
  if (gone) operation.lost = true;
}

/**
 * Ends an operation at an instant, failed. Its log ends there, too; the last event is returned, and the caller says where
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
      operation.endLoggedElsewhere = true;
      return [assessmentCompleted(atMs, operation.result)];
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
      return [installCompleted(atMs, operation.result)];
    }
  }
}

export const INTERRUPTIONS = {
  offPeakOver: {
    code: 'OffPeakHoursOver',
    message: 'Off-peak hours ended before the extension was installed; it goes on in the next.',
  },
  poweredOff: { code: 'VMNotRunning', message: 'The VM was powered off during the operation.' },
  gone: { code: 'VMDeleted', message: 'The VM was deleted during the operation.' },
} as const;

export const FAILED_ASSESSMENT: AssessmentResult = {
  status: 'Failed',
  criticalAndSecurityPatchCount: 0,
  otherPatchCount: 0,
  error: { code: 'VMGuestPatchAssessmentFailed', message: 'The update endpoint could not be reached.' },
};
