import { unknownMember } from '../http/armError';
import { isObject } from '../../domain/isObject';
import { at, type JsonObject } from '../http/json';
import { CONFIGURATION, patchMembersIn } from './patchMembers';

/** strict by the version for `patchSettings`, for a client that believes in a setting that is ignored is worse off than one that fails. */
export function checkPatchMembers(sent: JsonObject, apiVersion: string): void {
  for (const osType of ['Windows', 'Linux'] as const) {
    const configuration = CONFIGURATION[osType];
    const path = `properties.osProfile.${configuration}`;
    const settings = at(sent, 'properties', 'osProfile', configuration, 'patchSettings');
    if (!isObject(settings)) continue;
    const known = patchMembersIn(osType, apiVersion);
    if (known.settings.length === 0) throw unknownMember('patchSettings', 'LinuxConfiguration', path);
    const type = osType === 'Windows' ? 'PatchSettings' : 'LinuxPatchSettings';
    const unknown = Object.keys(settings).find((member) => !known.settings.includes(member));
    if (unknown !== undefined) throw unknownMember(unknown, type, `${path}.patchSettings`);
    const platform = settings['automaticByPlatformSettings'];
    const other = isObject(platform)
      ? Object.keys(platform).find((member) => !known.ofPlatform.includes(member))
      : undefined;
    if (other !== undefined)
      throw unknownMember(
        other,
        `${osType}VMGuestPatchAutomaticByPlatformSettings`,
        `${path}.patchSettings.automaticByPlatformSettings`,
      );
  }
}
