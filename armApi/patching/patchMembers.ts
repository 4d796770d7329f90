import { patchingIn } from '../../domain/apiVersion';

export type OsType = 'Windows' | 'Linux';

export const CONFIGURATION = { Windows: 'windowsConfiguration', Linux: 'linuxConfiguration' } as const;

/** What a version knows of patch settings. Source: arm-contract, section 4. */
export interface PatchMembers {
  /** The members of `patchSettings`; none where the version has no such settings. */
  readonly settings: readonly string[];
  /** The members of `automaticByPlatformSettings`. */
  readonly ofPlatform: readonly string[];
}

export function patchMembersIn(osType: OsType, apiVersion: string): PatchMembers {
  const known = patchingIn(apiVersion);
  const ofPlatform = ['rebootSetting'];
  if (known.bypassPlatformSafetyChecks) ofPlatform.push('bypassPlatformSafetyChecksOnUserSchedule');
  if (osType === 'Linux' && !known.linuxPatchSettings) return { settings: [], ofPlatform };
  const settings = ['patchMode'];
  if (osType === 'Windows' && known.enableHotpatching) settings.push('enableHotpatching');
  if (known.assessmentMode) settings.push('assessmentMode');
  if (known.automaticByPlatformSettings) settings.push('automaticByPlatformSettings');
  return { settings, ofPlatform };
}

/** Values of settings that are words of Azure. */
export const WORDS = {
  assessmentMode: ['ImageDefault', 'AutomaticByPlatform'],
  rebootSetting: ['Unknown', 'IfRequired', 'Never', 'Always'],
} as const;

/** The bypass that Azure writes into Windows VMs in AutomaticByPlatform, and into no others. Source: recordings 03 and 09. */
export const DEFAULT_PLATFORM_SETTINGS = { bypassPlatformSafetyChecksOnUserSchedule: false };
