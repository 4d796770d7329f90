import type { VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { KnownPatch } from '../../drivers/simulated/simulatedDriver';
import type { FoundPatch } from '../../drivers/simulated/patches/foundPatches';
import type { ArmContext } from '../http/armRoute';
import type { JsonObject } from '../http/json';

type OsType = VirtualMachine['osType'];
type ApiError = { readonly code: string; readonly message: string } | null;

export function osTypeOf({ services }: ArmContext, id: VmId): OsType {
  return services.driver.resources.virtualMachine(id)?.vm.osType ?? null;
}

/** The error member that stands beside Succeeded: its code says success in the words of the guest (02, 03, 05 to 09). */
export function errorBeside(osType: OsType, needUbuntuPro: number): JsonObject {
  if (osType === 'Windows') return { details: [], code: 'Success', message: '0 error/s reported' };
  if (needUbuntuPro === 0) return { details: [], code: '0', message: '0 error/s reported.' };
  const message = `${needUbuntuPro} patches requires Ubuntu Pro for Infrastructure with Extended Security Maintenance`;
  return {
    details: [{ code: 'UA_ESM_REQUIRED', message }],
    code: '1',
    message: '1 error/s reported. The latest 1 error/s are shared in detail.',
  };
}

/** What went wrong, or the word for nothing. */
export function errorOf(error: ApiError, osType: OsType, needUbuntuPro: number): JsonObject {
  return error === null
    ? errorBeside(osType, needUbuntuPro)
    : { details: [], code: error.code, message: error.message };
}

/** A patch that an assessment found. Windows has numbers of articles, Linux has versions and knows no dates (01 to 04). */
export function availablePatch(
  patch: KnownPatch,
  osType: OsType,
  of: { readonly activityId: string; readonly lastModifiedDateTime: string },
): JsonObject {
  const isWindows = osType === 'Windows';
  return {
    ...namedPatch(patch, osType),
    rebootBehavior: isWindows ? patch.rebootBehavior : 'NeverReboots',
    publishedDate: isWindows ? patch.publishedDate.replace(/(\.\d+)?Z$/, '+00:00') : NO_DATE,
    activityId: of.activityId,
    lastModifiedDateTime: of.lastModifiedDateTime,
    assessmentState: 'Available',
  };
}

const NO_DATE = '0001-01-01T00:00:00+00:00';

/** A patch that an installation found, with what became of it (05 to 09). */
export function installedPatch(patch: FoundPatch, osType: OsType): JsonObject {
  const isWindows = osType === 'Windows';
  const isRated = isWindows && patch.classification === 'Security';
  return {
    ...namedPatch(patch, osType),
    installationState: patch.installationState,
    msrcSeverity: isRated ? severityOf(patch.patchId) : undefined,
  };
}

/** Which patch it is, as both lists say it. */
function namedPatch(
  patch: Pick<KnownPatch, 'patchId' | 'name' | 'version' | 'kbId' | 'classification'>,
  osType: OsType,
): JsonObject {
  const isWindows = osType === 'Windows';
  return {
    patchId: patch.patchId,
    name: patch.name,
    version: isWindows ? undefined : patch.version,
    kbId: isWindows ? (patch.kbId ?? undefined) : undefined,
    classifications: [patch.classification],
  };
}

/** A member that the models lack: of Windows security updates only. */
function severityOf(patchId: string): string {
  return /[0-7]$/.test(patchId) ? 'Important' : 'Critical';
}

export function countNeedingUbuntuPro(
  patches: readonly { readonly classification: KnownPatch['classification'] }[],
): number {
  return patches.filter(({ classification }) => classification === 'Security-ESM').length;
}
