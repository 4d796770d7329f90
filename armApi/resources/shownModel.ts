import { isObject } from '../../domain/isObject';
import { at, objectAt, type JsonObject } from '../http/json';
import { CONFIGURATION, DEFAULT_PLATFORM_SETTINGS } from '../patching/patchMembers';
import { withoutSecrets } from './withoutSecrets';

/** What Azure writes into every VM that has the profile, unless its owner wrote something else. Source: recordings 03, 10, 11. */
const OS_PROFILE = { secrets: [], allowExtensionOperations: true, requireGuestProvisionSignal: true };
const STORAGE_PROFILE = { dataDisks: [] };

/** The model as it is shown: without secrets, and with what Azure adds to what its owner wrote. */
export function shownModel(model: JsonObject): JsonObject {
  const shown = withoutSecrets(model) as JsonObject;
  const properties = { ...objectAt(shown, 'properties') };
  if (isObject(properties['storageProfile']))
    properties['storageProfile'] = {
      ...properties['storageProfile'],
      ...missing(properties['storageProfile'], STORAGE_PROFILE),
    };
  const { osProfile } = properties;
  if (isObject(osProfile)) properties['osProfile'] = shownOsProfile(osProfile);
  return { ...shown, properties };
}

function shownOsProfile(osProfile: JsonObject): JsonObject {
  const shown: Record<string, unknown> = { ...osProfile };
  for (const member of Object.values(CONFIGURATION)) {
    const configuration = shown[member];
    const patchSettings = at(configuration, 'patchSettings');
    if (!isObject(configuration) || !isObject(patchSettings)) continue;
    const settings = shownSettings(member, patchSettings);
    shown[member] = { ...configuration, patchSettings: settings };
  }
  const own = Object.fromEntries(Object.entries(shown).filter(([member]) => !(member in OS_PROFILE)));
  for (const [member, value] of Object.entries(OS_PROFILE)) own[member] = osProfile[member] ?? value;
  return own;
}

/** The order of recordings 09 and 17. */
const SETTINGS = ['patchMode', 'automaticByPlatformSettings', 'assessmentMode', 'enableHotpatching'];

function shownSettings(configuration: string, settings: JsonObject): JsonObject {
  const isWindows = configuration === CONFIGURATION.Windows;
  const platform: unknown = settings['automaticByPlatformSettings'];
  const all: JsonObject = {
    ...settings,
    ...missing(settings, { assessmentMode: 'ImageDefault' }),
    ...(isWindows && settings['patchMode'] === 'AutomaticByPlatform'
      ? { automaticByPlatformSettings: { ...DEFAULT_PLATFORM_SETTINGS, ...objectAt(platform) } }
      : {}),
  };
  const known = SETTINGS.filter((member) => member in all).map((member) => [member, all[member]] as const);
  return { ...Object.fromEntries(known), ...all };
}

/** Those defaults that are not written. */
function missing(written: JsonObject, defaults: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(defaults).filter(([member]) => !(member in written)));
}
