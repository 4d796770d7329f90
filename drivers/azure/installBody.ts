import type { VirtualMachineInstallPatchesParameters } from '@azure/arm-compute';
import type { PatchClassification } from '../../domain/patches';
import type { InstallRequest } from '../driver';

/** Longer windows than the portal's limit are not known to be accepted, shorter ones than half an hour install nothing (facts, section 7). */
const MINUTES_MAX = 235;
const MINUTES_MIN = 30;
/** Of the eight of Windows, three exist for Linux. */
const OF_LINUX: ReadonlySet<PatchClassification> = new Set(['Critical', 'Security', 'Other']);

export type InstallBody =
  | {
      readonly kind: 'body';
      readonly body: VirtualMachineInstallPatchesParameters;
      /** What was requested and cannot be had of this VM; for the log. */
      readonly notApplied: readonly string[];
    }
  | { readonly kind: 'impossible'; readonly because: string };

/** The body of installPatches. The two systems take different limits, and Azure refuses those of the other one. */
export function installBody(request: InstallRequest, osType: 'Windows' | 'Linux' | null): InstallBody {
  if (osType === null) return impossible('Azure does not say whether the VM runs Windows or Linux.');
  const minutes = Math.min(MINUTES_MAX, Math.floor(request.maximumDurationMinutes));
  if (minutes < MINUTES_MIN)
    return impossible(`${minutes} minutes are left of the window; Azure takes ${MINUTES_MIN} at least.`);
  const common = { maximumDuration: durationOf(minutes), rebootSetting: request.rebootSetting };
  return osType === 'Windows' ? ofWindows(request, common) : ofLinux(request, common);
}

type Common = Pick<VirtualMachineInstallPatchesParameters, 'maximumDuration' | 'rebootSetting'>;

function ofWindows(request: InstallRequest, common: Common): InstallBody {
  const { maxPatchPublishDate, kbNumbersToInclude, kbNumbersToExclude, excludeKbsRequiringReboot } = request;
  const windowsParameters: NonNullable<VirtualMachineInstallPatchesParameters['windowsParameters']> = {
    classificationsToInclude: [...request.classificationsToInclude],
  };
  if (kbNumbersToInclude !== undefined) windowsParameters.kbNumbersToInclude = [...kbNumbersToInclude];
  if (kbNumbersToExclude !== undefined) windowsParameters.kbNumbersToExclude = [...kbNumbersToExclude];
  if (excludeKbsRequiringReboot === true) windowsParameters.excludeKbsRequiringReboot = true;
  // The SDK wants a Date here and throws at a text (facts, section 4).
  if (maxPatchPublishDate !== null) windowsParameters.maxPatchPublishDate = new Date(maxPatchPublishDate);
  const masks = [...(request.packageNameMasksToInclude ?? []), ...(request.packageNameMasksToExclude ?? [])];
  if (masks.length > 0) return impossible('Masks of package names exist for Linux only.');
  return { kind: 'body', body: { ...common, windowsParameters }, notApplied: [] };
}

function ofLinux(request: InstallRequest, common: Common): InstallBody {
  const { packageNameMasksToInclude, packageNameMasksToExclude, maxPatchPublishDate } = request;
  const numbers = [...(request.kbNumbersToInclude ?? []), ...(request.kbNumbersToExclude ?? [])];
  if (numbers.length > 0) return impossible('KB numbers exist for Windows only.');
  const linuxParameters: NonNullable<VirtualMachineInstallPatchesParameters['linuxParameters']> = {
    classificationsToInclude: request.classificationsToInclude.filter((each) => OF_LINUX.has(each)),
  };
  if (packageNameMasksToInclude !== undefined)
    linuxParameters.packageNameMasksToInclude = [...packageNameMasksToInclude];
  if (packageNameMasksToExclude !== undefined)
    linuxParameters.packageNameMasksToExclude = [...packageNameMasksToExclude];
  // Azure has no such limit for Linux (facts, section 8): it is said, never dropped in silence.
  const notApplied = maxPatchPublishDate === null ? [] : ['maxPatchPublishDate'];
  return { kind: 'body', body: { ...common, linuxParameters }, notApplied };
}

/** The guest reads hours, minutes and seconds after `PT` only, and no days. */
function durationOf(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 ? `${rest}M` : ''}`;
}

const impossible = (because: string): InstallBody => ({ kind: 'impossible', because });
