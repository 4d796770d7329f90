import { isObject } from '../../domain/isObject';
import { at, objectAt, type JsonObject } from '../http/json';
import { CONFIGURATION, patchMembersIn, type OsType } from './patchMembers';

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
  const known = patchMembersIn(osType, apiVersion);
  if (known.settings.length === 0)
    return Object.fromEntries(Object.entries(value).filter(([member]) => member !== 'patchSettings'));
  const kept = Object.entries(settings)
    .filter(([member]) => known.settings.includes(member))
    .map(([member, is]) => [
      member,
      member === 'automaticByPlatformSettings' && isObject(is)
        ? Object.fromEntries(Object.entries(is).filter(([inner]) => known.ofPlatform.includes(inner)))
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

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
