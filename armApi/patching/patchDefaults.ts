import { isDeepStrictEqual } from 'node:util';
import type { PatchMode } from '../../domain/patchMode';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import { isObject } from '../../domain/isObject';
import { at, objectAt, type JsonObject } from '../http/json';
import { CONFIGURATION, DEFAULT_PLATFORM_SETTINGS, patchMembersIn, WORDS } from './patchMembers';

/** Of a `VmChange`, what the settings follow from. */
interface Written {
  readonly vm: VirtualMachine;
  readonly mode: PatchMode | null;
  readonly sent: JsonObject;
  readonly apiVersion: string;
  readonly before: VmResource | null;
}

/** Settings that were not written, written down as Azure does, so that a client that reads the VM sees the mode it is in. */
export function withPatchDefaults(model: JsonObject, change: Written): JsonObject {
  const { osType } = change.vm;
  const properties = objectAt(model, 'properties');
  const osProfile = at(properties, 'osProfile');
  if (!isObject(osProfile) || osType === null || change.mode === null) return model;
  const member = CONFIGURATION[osType];
  const given = objectAt(osProfile, member);
  const defaults: JsonObject =
    osType === 'Windows'
      ? { provisionVMAgent: true, enableAutomaticUpdates: change.mode !== 'Manual' }
      : { provisionVMAgent: true };
  const patchSettings = settingsOf(objectAt(given, 'patchSettings'), member, change);
  const written = (isLast: boolean): JsonObject =>
    Object.fromEntries(
      Object.entries(given).filter(([name]) => name !== 'patchSettings' && AFTER.includes(name) === isLast),
    );
  const configuration = {
    ...written(false),
    ...missingOf(defaults, given),
    patchSettings,
    ...written(true),
  };
  return { ...model, properties: { ...properties, osProfile: { ...osProfile, [member]: configuration } } };
}

/** Azure writes them behind the patch settings (10, 17). */
const AFTER: readonly string[] = ['enableVMAgentPlatformUpdates'];

function missingOf(defaults: JsonObject, given: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(defaults).filter(([member]) => given[member] === undefined));
}

/**
 * A PUT replaces the settings that its version knows, no others. Settings that are only to be had with AutomaticByPlatform go with the
 * mode, unless the request itself asks for them: then they are refused.
 */
function settingsOf(merged: JsonObject, configuration: string, written: Written): JsonObject {
  const { vm, mode, sent, apiVersion, before } = written;
  const path = ['properties', 'osProfile', configuration, 'patchSettings'] as const;
  const known = patchMembersIn(vm.osType ?? 'Linux', apiVersion);
  const stored = objectAt(before?.model, ...path);
  const hidden = othersOf(stored, known.settings);
  const asked = objectAt(sent, ...path);
  const all = spelledSettings({
    ...hidden,
    ...merged,
    patchMode: mode,
    ...platformOf(stored, merged, known.ofPlatform),
  });
  const kept = (member: string): boolean =>
    mode === 'AutomaticByPlatform' || !OF_THE_PLATFORM.includes(member) || asksFor(asked, member);
  return Object.fromEntries(Object.entries(all).filter(([member]) => kept(member)));
}

/** Not by sending back what Azure itself wrote into the VM. */
function asksFor(asked: JsonObject, member: string): boolean {
  return member in asked && !isDeepStrictEqual(asked[member], DEFAULT_PLATFORM_SETTINGS);
}

/** A member of the platform's settings that the version does not know stays as it is, too. */
function platformOf(stored: JsonObject, merged: JsonObject, known: readonly string[]): JsonObject {
  const hidden = othersOf(objectAt(stored, 'automaticByPlatformSettings'), known);
  if (Object.keys(hidden).length === 0) return {};
  return { automaticByPlatformSettings: { ...hidden, ...objectAt(merged, 'automaticByPlatformSettings') } };
}

function othersOf(record: JsonObject, known: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([member]) => !known.includes(member)));
}

const OF_THE_PLATFORM: readonly string[] = ['automaticByPlatformSettings', 'enableHotpatching'];

/** Settings with Azure's words as Azure writes them; what is no word of Azure stays as it is, to be refused. */
function spelledSettings(settings: JsonObject): JsonObject {
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
