import { patchingIn } from '../../domain/apiVersion';
import { at, isObject, objectAt, type JsonObject } from '../http/json';

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

/** Settings with Azure's words as Azure writes them; what is no word of Azure stays as it is, to be refused. */
export function spelledSettings(settings: JsonObject): JsonObject {
  const platform = settings['automaticByPlatformSettings'];
  const assessed = spelledAs(settings, 'assessmentMode');
  return isObject(platform)
    ? { ...assessed, automaticByPlatformSettings: spelledAs(platform, 'rebootSetting') }
    : assessed;
}

function spelledAs(record: JsonObject, member: keyof typeof WORDS): JsonObject {
  const written = record[member];
  if (typeof written !== 'string') return record;
  const word = WORDS[member].find((one) => one.toLowerCase() === written.toLowerCase());
  return word === undefined ? record : { ...record, [member]: word };
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/** a model in the shapes of the version: what it does not know is not shown. */
export function inVersion(model: JsonObject, apiVersion: string): JsonObject {
  const osProfile = at(model, 'properties', 'osProfile');
  if (!isObject(osProfile)) return model;
  const shown: Record<string, unknown> = { ...osProfile };
  for (const osType of ['Windows', 'Linux'] as const) {
    const member = CONFIGURATION[osType];
    if (member in shown) shown[member] = configurationIn(shown[member], osType, apiVersion);
  }
  return { ...model, properties: { ...objectAt(model, 'properties'), osProfile: shown } };
}

function configurationIn(value: unknown, osType: OsType, apiVersion: string): unknown {
  const settings = at(value, 'patchSettings');
  if (!isObject(value) || !isObject(settings)) return value;
  if (osType === 'Linux' && !patchingIn(apiVersion).linuxPatchSettings)
    return Object.fromEntries(Object.entries(value).filter(([member]) => member !== 'patchSettings'));
  const known = patchMembersIn(osType, apiVersion);
  const ofPlatform = platformMembersIn(apiVersion);
  const kept = Object.entries(settings)
    .filter(([member]) => known.includes(member))
    .map(([member, is]) => [
      member,
      member === 'automaticByPlatformSettings' && isObject(is)
        ? Object.fromEntries(Object.entries(is).filter(([inner]) => ofPlatform.includes(inner)))
        : is,
    ])
    // Of settings of which the version knows nothing there is nothing to show.
    .filter(([member, is]) => !isEmpty(is) || isEmpty(settings[String(member)]));
  // In its place: the order of members is Azure's.
  return Object.fromEntries(
    Object.entries(value).map(([member, is]) => [
      member,
      member === 'patchSettings' ? Object.fromEntries(kept) : is,
    ]),
  );
}
