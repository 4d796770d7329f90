import { patchingIn } from '../../domain/apiVersion';
import { assertNever } from '../../domain/assertNever';
import { supportsHotpatching } from '../../domain/images';
import {
  checkPatchModeChange,
  checkPatchSettings,
  effectivePatchMode,
  type PatchModeRefusal,
} from '../../domain/patchMode';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { ArmError, invalidParameter, propertyChangeNotAllowed } from '../http/armError';
import type { ArmContext, ArmRequest } from '../http/armRoute';
import { at, isObject, type JsonObject } from '../http/json';
import type { VmChange } from '../resources/vmModel';
import { requireFeature } from './optIn';
import { CONFIGURATION, patchMembersIn, platformMembersIn, WORDS } from './patchMembers';

/** what can be wrong with the patching of a VM, in the order in which Azure would say it. */
export function checkPatching(change: VmChange, request: ArmRequest, context: ArmContext): void {
  checkMembers(change.sent, request.apiVersion);
  checkMode(change, context);
  checkValues(change);
  if (change.mode !== 'AutomaticByPlatform') return;
  const was = change.before === null ? null : effectivePatchMode(change.before.vm);
  if (was?.kind !== 'mode' || was.mode !== 'AutomaticByPlatform')
    requireFeature(request, context, 'InGuestAutoPatchVMPreview');
}

/** What the request itself says comes first, then what it would change, then what would come of it. */
function checkMode({ given, settings, vm, before }: VmChange, { services }: ArmContext): void {
  const { policy } = services;
  const isTouched = before === null || PATCHING.some((member) => settings[member] !== before.vm[member]);
  const refusals = [
    ...(given.patchMode === null ? [] : checkPatchSettings(given, policy)),
    ...(before === null ? [] : checkPatchModeChange(before.vm, given)),
    ...(isTouched ? checkPatchSettings(settings, policy) : []),
  ];
  const [first] = refusals;
  if (first !== undefined) throw armErrorOf(first, vm.osType);
}

const PATCHING = ['osType', 'patchMode', 'enableAutomaticUpdates', 'provisionVMAgent'] as const;

/** What the refusals of `domain/patchMode` are on the wire. Codes, texts and targets: arm-contract, section 5. */
function armErrorOf(refusal: PatchModeRefusal, osType: VirtualMachine['osType']): ArmError {
  const configuration = CONFIGURATION[osType ?? 'Linux'];
  const target = `${configuration}.patchSettings.patchMode`;
  const needs = (mode: string, property: string, value: boolean): ArmError =>
    invalidParameter(
      `The patchMode '${mode}' is invalid. For patchMode '${mode}', the property '${property}' must be set to ${String(value)}.`,
      target,
    );
  switch (refusal.kind) {
    case 'modeNotAllowed':
      return notAllowed(refusal.written, target, refusal.allowed);
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
      return propertyChangeNotAllowed(`windowsConfiguration.${refusal.property}`);
    case 'switchNotAllowed':
      return propertyChangeNotAllowed(target, ` from '${refusal.from}' to '${refusal.to}'`);
    default:
      return assertNever(refusal);
  }
}

function noMember(member: string, type: string, path: string): ArmError {
  return new ArmError(
    400,
    'BadRequest',
    `Could not find member '${member}' on object of type '${type}'. Path '${path}.${member}'.`,
    `${path.replace('properties.osProfile.', '')}.${member}`,
  );
}

function notAllowed(written: unknown, target: string, allowed: readonly string[]): ArmError {
  const shown = typeof written === 'string' ? written.slice(0, 60) : JSON.stringify(written).slice(0, 60);
  return invalidParameter(
    `The value '${shown}' of parameter '${target}' is not allowed. Allowed values are ${allowed.join(', ')}.`,
    target,
  );
}

/** strict by the version for `patchSettings`, for a client that believes in a setting that is ignored is worse off than one that fails. */
function checkMembers(sent: JsonObject, apiVersion: string): void {
  for (const osType of ['Windows', 'Linux'] as const) {
    const configuration = CONFIGURATION[osType];
    const path = `properties.osProfile.${configuration}`;
    const settings = at(sent, 'properties', 'osProfile', configuration, 'patchSettings');
    if (!isObject(settings)) continue;
    if (osType === 'Linux' && !patchingIn(apiVersion).linuxPatchSettings)
      throw noMember('patchSettings', 'LinuxConfiguration', path);
    const type = osType === 'Windows' ? 'PatchSettings' : 'LinuxPatchSettings';
    const known = patchMembersIn(osType, apiVersion);
    const unknown = Object.keys(settings).find((member) => !known.includes(member));
    if (unknown !== undefined) throw noMember(unknown, type, `${path}.patchSettings`);
    const platform = settings['automaticByPlatformSettings'];
    const ofPlatform = platformMembersIn(apiVersion);
    const other = isObject(platform)
      ? Object.keys(platform).find((member) => !ofPlatform.includes(member))
      : undefined;
    if (other !== undefined)
      throw noMember(
        other,
        `${osType}VMGuestPatchAutomaticByPlatformSettings`,
        `${path}.patchSettings.automaticByPlatformSettings`,
      );
  }
}

/** The members of automaticByPlatformSettings, each with the values it may have. */
const PLATFORM_SETTINGS: Readonly<Record<string, readonly (string | boolean)[]>> = {
  rebootSetting: WORDS.rebootSetting,
  bypassPlatformSafetyChecksOnUserSchedule: [true, false],
};

/** Settings beside the mode: their values, and that some are only to be had with AutomaticByPlatform. */
function checkValues({ model, vm, mode }: VmChange): void {
  const { osType } = vm;
  const configuration = CONFIGURATION[osType ?? 'Linux'];
  const settings = at(model, 'properties', 'osProfile', configuration, 'patchSettings');
  if (!isObject(settings)) return;
  const target = (member: string): string => `${configuration}.patchSettings.${member}`;
  const isPlatform = mode === 'AutomaticByPlatform';
  const { assessmentMode, enableHotpatching, automaticByPlatformSettings: platform } = settings;
  if (platform !== undefined && !isPlatform)
    throw invalidParameter(
      "AutomaticByPlatformSettings cannot be set if the PatchMode is not 'AutomaticByPlatform'.",
      target('automaticByPlatformSettings'),
    );
  if (platform !== undefined) checkPlatform(platform, target('automaticByPlatformSettings'));
  if (enableHotpatching !== undefined)
    checkHotpatching(enableHotpatching, isPlatform, vm, target('enableHotpatching'));
  if (assessmentMode !== undefined && !WORDS.assessmentMode.some((allowed) => equal(allowed, assessmentMode)))
    throw notAllowed(assessmentMode, target('assessmentMode'), WORDS.assessmentMode);
}

function checkPlatform(platform: unknown, target: string): void {
  if (!isObject(platform)) throw notAllowed(platform, target, ['an object']);
  for (const [member, allowed] of Object.entries(PLATFORM_SETTINGS)) {
    const value = platform[member];
    if (value !== undefined && !allowed.some((one) => equal(one, value)))
      throw notAllowed(value, `${target}.${member}`, allowed.map(String));
  }
}

/** Only some images of Windows Server Azure Edition can be patched without a reboot. */
function checkHotpatching(
  value: unknown,
  isPlatform: boolean,
  { image }: VirtualMachine,
  target: string,
): void {
  if (typeof value !== 'boolean')
    throw invalidParameter(`The value of parameter '${target}' is not a boolean.`, target);
  if (!value) return;
  if (!isPlatform)
    throw invalidParameter(
      "The property 'enableHotpatching' can be true only if the patchMode is 'AutomaticByPlatform'.",
      target,
    );
  if (!supportsHotpatching(image))
    throw invalidParameter(
      "The property 'enableHotpatching' can be true only on images of Windows Server Azure Edition that support hotpatching.",
      target,
    );
}

/** ARM reads its enums without regard to case. */
function equal(allowed: string | boolean, written: unknown): boolean {
  if (typeof allowed === 'boolean' || typeof written !== 'string') return allowed === written;
  return written.toLowerCase() === allowed.toLowerCase();
}
