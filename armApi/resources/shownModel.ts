import { at, isObject, objectAt, type JsonObject } from '../http/json';
import { CONFIGURATION } from '../patching/patchMembers';
import { withoutSecrets } from './mergedModel';

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
    const settings = { ...patchSettings, ...missing(patchSettings, { assessmentMode: 'ImageDefault' }) };
    shown[member] = { ...configuration, patchSettings: settings };
  }
  const own = Object.fromEntries(Object.entries(shown).filter(([member]) => !(member in OS_PROFILE)));
  for (const [member, value] of Object.entries(OS_PROFILE)) own[member] = osProfile[member] ?? value;
  return own;
}

/** Those defaults that are not written. */
function missing(written: JsonObject, defaults: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(defaults).filter(([member]) => !(member in written)));
}
