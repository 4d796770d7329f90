import { patchingIn } from '../../domain/apiVersion';

export type OsType = 'Windows' | 'Linux';

export const CONFIGURATION = { Windows: 'windowsConfiguration', Linux: 'linuxConfiguration' } as const;

/** The members of `patchSettings` that a version knows. Source: arm-contract, section 4. */
export function patchMembersIn(osType: OsType, apiVersion: string): readonly string[] {
  const known = patchingIn(apiVersion);
  const members = ['patchMode'];
  if (osType === 'Windows' && known.enableHotpatching) members.push('enableHotpatching');
  if (known.assessmentMode) members.push('assessmentMode');
  if (known.automaticByPlatformSettings) members.push('automaticByPlatformSettings');
  return members;
}

/** The members of `automaticByPlatformSettings` that a version knows. */
export function platformMembersIn(apiVersion: string): readonly string[] {
  const { bypassPlatformSafetyChecks } = patchingIn(apiVersion);
  return [
    'rebootSetting',
    ...(bypassPlatformSafetyChecks ? ['bypassPlatformSafetyChecksOnUserSchedule'] : []),
  ];
}

/** Values of settings that are words of Azure. */
export const WORDS = {
  assessmentMode: ['ImageDefault', 'AutomaticByPlatform'],
  rebootSetting: ['Unknown', 'IfRequired', 'Never', 'Always'],
} as const;

/** The bypass that Azure writes into Windows VMs in AutomaticByPlatform, and into no others. Source: recordings 03 and 09. */
export const DEFAULT_PLATFORM_SETTINGS = { bypassPlatformSafetyChecksOnUserSchedule: false };
