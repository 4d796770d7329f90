import type { AvailablePatchSummary, PatchInstallationSummary } from '../../../domain/patches';
import { utcOf } from '../../../domain/instants';
import type { OperationAnswer } from '../../driver';
import { missingPatches, triedPatches } from '../patches/foundPatches';
import type { Assessment, Installation, Operation } from './machine';
import { activityIdOf, shownOf } from './operationIds';

export function operationAnswer(operation: Operation, nowMs: number): OperationAnswer {
  if (operation.lost) return { kind: 'lost' };
  if (nowMs < operation.endMs) return { kind: 'running', retryAfterSeconds: null };
  switch (operation.kind) {
    case 'assessment': {
      const { error } = operation.result;
      return error === null
        ? {
            kind: 'assessed',
            summary: assessmentSummary(operation, nowMs),
            patches: missingPatches(operation.machine, operation.startMs),
          }
        : { kind: 'failed', error };
    }
    case 'installation': {
      const { error } = operation.result;
      return operation.outrightError && error !== null
        ? { kind: 'failed', error }
        : {
            kind: 'installed',
            summary: installationSummary(operation, nowMs),
            patches: triedPatches(operation, nowMs),
          };
    }
    case 'extension':
      return operation.failed === null
        ? { kind: 'extensionInstalled', version: operation.version }
        : { kind: 'failed', error: operation.failed };
  }
}

/** While one is running, the counts are those it will find: no patch is ever hidden by a fresh assessment. */
export function assessmentSummary(assessment: Assessment, nowMs: number): AvailablePatchSummary {
  const { result, endMs, startMs } = assessment;
  const running = nowMs < endMs;
  const shown = shownOf(assessment);
  if (!running && shown.assessed?.result === result && shown.assessed.endMs === endMs)
    return shown.assessed.summary;
  const summary: AvailablePatchSummary = {
    status: running ? 'InProgress' : result.status,
    assessmentActivityId: activityIdOf(assessment),
    rebootPending: assessment.rebootPending,
    criticalAndSecurityPatchCount: result.criticalAndSecurityPatchCount,
    otherPatchCount: result.otherPatchCount,
    startTime: utcOf(startMs),
    lastModifiedTime: utcOf(running ? startMs : endMs),
    error: running ? null : result.error,
  };
  if (!running) shown.assessed = { result, endMs, summary };
  return summary;
}

/** While it is running, what is done so far is installed or failed, and the rest is pending. */
export function installationSummary(installation: Installation, nowMs: number): PatchInstallationSummary {
  const { result, endMs } = installation;
  if (nowMs < endMs) return runningSummary(installation, nowMs);
  const shown = shownOf(installation);
  const known = shown.installed;
  if (known?.result === result && known.endMs === endMs) return known.summary;
  const summary = Object.assign({}, result, identityOf(installation), { lastModifiedTime: utcOf(endMs) });
  shown.installed = { result, endMs, summary };
  return summary;
}

type Identity = Pick<PatchInstallationSummary, 'installationActivityId' | 'startTime'>;

function identityOf(installation: Installation): Identity {
  const startTime = utcOf(installation.startMs);
  return { installationActivityId: activityIdOf(installation), startTime };
}

function runningSummary(installation: Installation, nowMs: number): PatchInstallationSummary {
  const { result, startMs, steps, selectedCount } = installation;
  const done = steps.filter(({ atMs }) => atMs <= nowMs);
  const count = (action: string): number => done.filter((step) => step.action === action).length;
  const installed = count('patchInstalled');
  const failed = count('patchFailed');
  return {
    ...result,
    ...identityOf(installation),
    status: 'InProgress',
    rebootStatus:
      count('rebootCompleted') > 0 ? 'Completed' : count('rebootStarted') > 0 ? 'Started' : 'Unknown',
    maintenanceWindowExceeded: false,
    installedPatchCount: installed,
    failedPatchCount: failed,
    pendingPatchCount: selectedCount - installed - failed,
    lastModifiedTime: utcOf(done.at(-1)?.atMs ?? startMs),
    error: null,
  };
}
