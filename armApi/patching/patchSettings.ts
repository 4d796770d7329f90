import { patchingIn } from '../../domain/apiVersion';
import { assertNever } from '../../domain/assertNever';
import type { PatchModeRefusal } from '../../domain/patchMode';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { ArmError, invalidParameter } from '../http/armError';
import { isObject, type JsonObject } from '../http/requestBody';
import { at } from '../resources/vmModel';

type OsType = NonNullable<VirtualMachine['osType']>;

const CONFIGURATION = { Windows: 'windowsConfiguration', Linux: 'linuxConfiguration' } as const;

/** What the refusals of `domain/patchMode` are on the wire. Codes, texts and targets: arm-contract, section 5. */
export function armErrorOf(refusal: PatchModeRefusal, osType: OsType | null): ArmError {
  const configuration = CONFIGURATION[osType ?? 'Linux'];
  const target = `${configuration}.patchSettings.patchMode`;
  const needs = (mode: string, property: string, value: boolean): ArmError =>
    invalidParameter(
      `The patchMode '${mode}' is invalid. For patchMode '${mode}', the property '${property}' must be set to ${String(value)}.`,
      target,
    );
  switch (refusal.kind) {
    case 'modeNotAllowed':
      return invalidParameter(
        `The value '${refusal.written}' of parameter '${target}' is not allowed. Allowed values are ${refusal.allowed.join(', ')}.`,
        target,
      );
    case 'needsAutomaticUpdates':
      return needs(refusal.mode, 'enableAutomaticUpdates', refusal.value);
    case 'needsAgent':
      return needs(refusal.mode, 'provisionVMAgent', true);
    case 'imageNotSupported':
      return invalidParameter(
        'The selected VM image is not supported for VM Guest patch operations. Learn more at: https://aka.ms/VMGuestPatchingCompatibility',
        target,
      );
    case 'noSuchPropertyOnLinux':
      return noMember(refusal.property, 'LinuxConfiguration', `properties.osProfile.${configuration}`);
    case 'onlyAtCreation':
      return notToBeChanged(`windowsConfiguration.${refusal.property}`);
    case 'switchNotAllowed':
      return notToBeChanged(target, ` from '${refusal.from}' to '${refusal.to}'`);
    default:
      return assertNever(refusal);
  }
}

export function notToBeChanged(property: string, how = ''): ArmError {
  return new ArmError(
    409,
    'PropertyChangeNotAllowed',
    `Changing property '${property}'${how} is not allowed.`,
    property,
  );
}

function noMember(member: string, type: string, path: string): ArmError {
  return new ArmError(
    400,
    'BadRequest',
    `Could not find member '${member}' on object of type '${type}'. Path '${path}.${member}'.`,
    `${path.replace('properties.osProfile.', '')}.${member}`,
  );
}

/** The members of `patchSettings`, by the version from which on they exist; others are newer than Lowtide. */
function membersIn(osType: OsType, apiVersion: string): readonly string[] {
  const known = patchingIn(apiVersion);
  return [
    'patchMode',
    ...(osType === 'Windows' && known.enableHotpatching ? ['enableHotpatching'] : []),
    ...(known.assessmentMode ? ['assessmentMode'] : []),
    ...(known.automaticByPlatformSettings ? ['automaticByPlatformSettings'] : []),
  ];
}

/** strict by the version for `patchSettings`, for a client that believes in a setting that is ignored is worse off than one that fails. */
export function checkPatchMembers(sent: JsonObject, apiVersion: string): void {
  for (const osType of ['Windows', 'Linux'] as const) {
    const configuration = CONFIGURATION[osType];
    const path = `properties.osProfile.${configuration}`;
    const settings = at(sent, 'properties', 'osProfile', configuration, 'patchSettings');
    if (!isObject(settings)) continue;
    if (osType === 'Linux' && !patchingIn(apiVersion).linuxPatchSettings)
      throw noMember('patchSettings', 'LinuxConfiguration', path);
    const type = osType === 'Windows' ? 'PatchSettings' : 'LinuxPatchSettings';
    const allowed = membersIn(osType, apiVersion);
    const isOpenEnded = patchingIn(apiVersion).automaticByPlatformSettings;
    for (const member of Object.keys(settings))
      if (
        !allowed.includes(member) &&
        (!isOpenEnded || (osType === 'Linux' && member === 'enableHotpatching'))
      )
        throw noMember(member, type, `${path}.patchSettings`);
  }
}

/** Settings beside the mode that are only to be had with it. */
export function checkModeSettings(model: JsonObject, osType: OsType | null, isPlatform: boolean): void {
  const configuration = CONFIGURATION[osType ?? 'Linux'];
  const settings = at(model, 'properties', 'osProfile', configuration, 'patchSettings');
  if (!isObject(settings)) return;
  const target = (member: string): string => `${configuration}.patchSettings.${member}`;
  const { assessmentMode, enableHotpatching, automaticByPlatformSettings } = settings;
  if (automaticByPlatformSettings !== undefined && !isPlatform)
    throw invalidParameter(
      "AutomaticByPlatformSettings cannot be set if the PatchMode is not 'AutomaticByPlatform'.",
      target('automaticByPlatformSettings'),
    );
  if (enableHotpatching !== undefined && typeof enableHotpatching !== 'boolean')
    throw invalidParameter(
      `The value of parameter '${target('enableHotpatching')}' is not a boolean.`,
      target('enableHotpatching'),
    );
  if (enableHotpatching === true && !isPlatform)
    throw invalidParameter(
      "The property 'enableHotpatching' can be true only if the patchMode is 'AutomaticByPlatform'.",
      target('enableHotpatching'),
    );
  const allowed = ['ImageDefault', 'AutomaticByPlatform'];
  if (assessmentMode !== undefined && !allowed.some((mode) => equal(mode, assessmentMode)))
    throw invalidParameter(
      `The value of parameter '${target('assessmentMode')}' is not allowed. Allowed values are ${allowed.join(', ')}.`,
      target('assessmentMode'),
    );
}

function equal(mode: string, written: unknown): boolean {
  return typeof written === 'string' && written.toLowerCase() === mode.toLowerCase();
}

/** a model in the shapes of the version: what it does not know is not shown. */
export function inVersion(model: JsonObject, apiVersion: string): JsonObject {
  const osProfile = at(model, 'properties', 'osProfile');
  if (!isObject(osProfile)) return model;
  const shown = Object.fromEntries(
    Object.entries(osProfile).map(([member, value]) => {
      const osType = (['Windows', 'Linux'] as const).find((os) => CONFIGURATION[os] === member);
      return [member, osType === undefined ? value : configurationIn(value, osType, apiVersion)];
    }),
  );
  const properties = at(model, 'properties');
  return { ...model, properties: { ...(isObject(properties) && properties), osProfile: shown } };
}

function configurationIn(value: unknown, osType: OsType, apiVersion: string): unknown {
  const settings = at(value, 'patchSettings');
  if (!isObject(value) || !isObject(settings)) return value;
  const rest = Object.fromEntries(Object.entries(value).filter(([member]) => member !== 'patchSettings'));
  if (osType === 'Linux' && !patchingIn(apiVersion).linuxPatchSettings) return rest;
  const [allowed, isOpenEnded] = [
    membersIn(osType, apiVersion),
    patchingIn(apiVersion).automaticByPlatformSettings,
  ];
  const kept = Object.entries(settings).filter(([member]) => isOpenEnded || allowed.includes(member));
  return { ...rest, patchSettings: Object.fromEntries(kept) };
}
