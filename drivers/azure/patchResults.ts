import { utcOf } from '../../domain/instants';
import {
  listedPatches,
  PatchState,
  type AvailablePatchSummary,
  type ListedPatch,
  type PatchInstallationSummary,
  type PatchStatus,
} from '../../domain/patches';
import { booleanAt, countAt, instantAt, listAt, member, textAt } from './json';

type ApiError = AvailablePatchSummary['error'];

/** Codes of an `error` member that stands beside success and says that there was none (recordings README, 11). */
const NO_ERROR: ReadonlySet<string> = new Set(['', '0', 'Success']);
/** Patches that are only to be had with Ubuntu Pro: the guest counts them as failed or warns, and they are no bad patches. */
export const NEEDS_UBUNTU_PRO = 'UA_ESM_REQUIRED';

const STATUSES: readonly PatchStatus[] = ['InProgress', 'Failed', 'Succeeded', 'CompletedWithWarnings'];

export function statusOf(value: unknown): PatchStatus {
  const written = textAt(value, 'status')?.toLowerCase();
  return STATUSES.find((status) => status.toLowerCase() === written) ?? 'Unknown';
}

/**
 * The error of a result; null where there was none. A result that succeeded often carries one all the same: code 0, Success, or 1 for what
 * Ubuntu Pro alone would get (02, 03).
 */
export function errorOf(result: unknown): ApiError {
  const error = member(result, 'error');
  const code = textAt(error, 'code') ?? '';
  if (NO_ERROR.has(code)) return null;
  const details = detailsOf(error);
  const codes = details.map((detail) => textAt(detail, 'code') ?? '');
  if (codes.length > 0 && codes.every((one) => one === NEEDS_UBUNTU_PRO)) return null;
  if (code === '1' && codes.length === 0 && statusOf(result) === 'Succeeded') return null;
  const messages = details.map((detail) => textAt(detail, 'message') ?? '');
  const [only] = codes;
  return {
    // «1» counts the errors; the detail says which.
    code: code === '1' && only !== undefined && only !== '' ? only : code,
    message: [textAt(error, 'message') ?? '', ...messages].filter((text) => text !== '').join(' '),
  };
}

function detailsOf(error: unknown): readonly unknown[] {
  return listAt(error, 'details');
}

/** The word for that a closing assessment failed after patches were installed (azure-driver-facts, section 4). */
const CLOSING_ASSESSMENT = /assess/i;

interface Times {
  /** When the operation began and ended, where its result does not say; ISO in UTC. */
  readonly startedUtc: string;
  readonly endedUtc: string;
}

/** VirtualMachineAssessPatchesResult, or `availablePatchSummary` of an instance view. Null where there is none. */
export function assessmentSummary(result: unknown, times: Times): AvailablePatchSummary | null {
  const assessmentActivityId = textAt(result, 'assessmentActivityId');
  if (assessmentActivityId === null) return null;
  const startTime = instantAt(result, 'startDateTime') ?? instantAt(result, 'startTime') ?? times.startedUtc;
  return {
    status: statusOf(result),
    assessmentActivityId,
    rebootPending: booleanAt(result, 'rebootPending') ?? false,
    criticalAndSecurityPatchCount: countAt(result, 'criticalAndSecurityPatchCount'),
    otherPatchCount: countAt(result, 'otherPatchCount'),
    startTime,
    lastModifiedTime: instantAt(result, 'lastModifiedTime') ?? times.endedUtc,
    error: errorOf(result),
  };
}

const REBOOT_STATUSES = ['Unknown', 'NotNeeded', 'Required', 'Started', 'Failed', 'Completed'] as const;
type RebootStatus = (typeof REBOOT_STATUSES)[number];

export function rebootStatusOf(result: unknown): RebootStatus {
  const written = textAt(result, 'rebootStatus')?.toLowerCase();
  return REBOOT_STATUSES.find((status) => status.toLowerCase() === written) ?? 'Unknown';
}

/** VirtualMachineInstallPatchesResult, or `lastPatchInstallationSummary` of an instance view, which has no reboot status. */
export function installationSummary(result: unknown, times: Times): PatchInstallationSummary | null {
  const installationActivityId = textAt(result, 'installationActivityId');
  if (installationActivityId === null) return null;
  const startTime = instantAt(result, 'startDateTime') ?? instantAt(result, 'startTime') ?? times.startedUtc;
  const counts = {
    notSelectedPatchCount: countAt(result, 'notSelectedPatchCount'),
    excludedPatchCount: countAt(result, 'excludedPatchCount'),
    pendingPatchCount: countAt(result, 'pendingPatchCount'),
    installedPatchCount: countAt(result, 'installedPatchCount'),
    failedPatchCount: countAt(result, 'failedPatchCount'),
  };
  const maintenanceWindowExceeded = booleanAt(result, 'maintenanceWindowExceeded') ?? false;
  const summary: PatchInstallationSummary = {
    status: statusOf(result),
    installationActivityId,
    maintenanceWindowExceeded,
    rebootStatus: rebootStatusOf(result),
    ...counts,
    startTime,
    lastModifiedTime: instantAt(result, 'lastModifiedTime') ?? times.endedUtc,
    error: errorOf(result),
  };
  return whatCounts(summary, result);
}

/**
 * What Azure calls Failed and is no bad patch (design section 3; azure-driver-facts, sections 4, 7 and 8):
 * - the window was too short: what was not begun is pending and goes on in the next window;
 * - what failed needs Ubuntu Pro: those patches are not for this VM, so they are not selected;
 * - the patches are in and only the assessment after them failed.
 */
function whatCounts(summary: PatchInstallationSummary, result: unknown): PatchInstallationSummary {
  if (summary.status === 'InProgress') return summary;
  const withoutPro = withoutUbuntuPro(summary, result);
  if (withoutPro.status !== 'Failed') return withoutPro;
  const { failedPatchCount, installedPatchCount, pendingPatchCount, error } = withoutPro;
  if (withoutPro.maintenanceWindowExceeded && withoutPro.rebootStatus !== 'Failed' && failedPatchCount === 0)
    return {
      ...withoutPro,
      status: 'CompletedWithWarnings',
      // Nothing was begun with the time there was: that something is left is known, not how much.
      pendingPatchCount: Math.max(1, pendingPatchCount),
      error: null,
    };
  const onlyAssessment = error !== null && CLOSING_ASSESSMENT.test(`${error.code} ${error.message}`);
  if (onlyAssessment && failedPatchCount === 0 && installedPatchCount > 0)
    return { ...withoutPro, status: 'CompletedWithWarnings', error: null };
  return withoutPro;
}

function withoutUbuntuPro(summary: PatchInstallationSummary, result: unknown): PatchInstallationSummary {
  const needing = needingUbuntuPro(result);
  if (needing === 0 || summary.failedPatchCount > needing) return summary;
  const isOnlyThat = summary.status === 'Failed' || summary.status === 'CompletedWithWarnings';
  return {
    ...summary,
    status: isOnlyThat && summary.error === null ? 'Succeeded' : summary.status,
    failedPatchCount: 0,
    notSelectedPatchCount: summary.notSelectedPatchCount + summary.failedPatchCount,
  };
}

/** How many patches need Ubuntu Pro: those listed as such, or the number in the message of the error's detail. */
export function needingUbuntuPro(result: unknown): number {
  const listed = listAt(result, 'patches').filter((patch) => isOfUbuntuPro(patch)).length;
  if (listed > 0) return listed;
  const detail = detailsOf(member(result, 'error')).find((one) => textAt(one, 'code') === NEEDS_UBUNTU_PRO);
  return detail === undefined ? 0 : Number(/^\s*(\d+)/.exec(textAt(detail, 'message') ?? '')?.[1] ?? 1);
}

function isOfUbuntuPro(patch: unknown): boolean {
  return listAt(patch, 'classifications').some((name) => name === 'Security-ESM');
}

/** A patch of a result, as the driver's log says it. */
export interface PatchLine {
  readonly patchId: string;
  readonly name: string;
  readonly classification: string;
  readonly state: 'Installed' | 'Failed' | 'other';
}

export function patchLines(result: unknown): readonly PatchLine[] {
  return listAt(result, 'patches').map((patch) => {
    const state = textAt(patch, 'installationState');
    const [classification] = listAt(patch, 'classifications');
    return {
      patchId: textAt(patch, 'patchId') ?? '',
      name: textAt(patch, 'name') ?? '',
      classification: typeof classification === 'string' ? classification : 'Unknown',
      state: state === 'Installed' || state === 'Failed' ? state : 'other',
    };
  });
}

/** `availablePatches` of an assessment's result, or `patches` of an installation's, by name. Undefined where Azure names none. */
export function namedPatches(result: unknown): ListedPatch[] | undefined {
  const available = member(result, 'availablePatches');
  const all = Array.isArray(available) ? available : member(result, 'patches');
  if (!Array.isArray(all)) return undefined;
  return listedPatches(
    all.map((patch) => {
      const [classification] = listAt(patch, 'classifications');
      const written = textAt(patch, 'installationState')?.toLowerCase();
      const kbId = textAt(patch, 'kbId')?.replace(/^kb/i, '') ?? '';
      const publishedMs = Date.parse(textAt(patch, 'publishedDate') ?? '');
      return {
        kbId: kbId === '' ? null : kbId,
        name: textAt(patch, 'name') ?? '',
        version: textAt(patch, 'version') ?? '',
        classification: typeof classification === 'string' ? classification : 'Unknown',
        state: PatchState.options.find((state) => state.toLowerCase() === written) ?? 'Available',
        ...(Number.isFinite(publishedMs) && { publishedUtc: utcOf(publishedMs) }),
      };
    }),
  );
}
