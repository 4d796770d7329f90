import { supportsHotpatching } from '../../domain/images';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { invalidParameter, valueNotAllowed } from '../http/armError';
import { isObject } from '../../domain/isObject';
import { at } from '../http/json';
import type { VmChange } from '../resources/vmModel';
import { CONFIGURATION, WORDS } from './patchMembers';

/** The members of automaticByPlatformSettings, each with the values it may have. */
const PLATFORM_SETTINGS: Readonly<Record<string, readonly (string | boolean)[]>> = {
  rebootSetting: WORDS.rebootSetting,
  bypassPlatformSafetyChecksOnUserSchedule: [true, false],
};

/** Settings beside the mode: their values, and that some are only to be had with AutomaticByPlatform. */
export function checkPatchValues({ model, vm, mode }: VmChange): void {
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
    throw valueNotAllowed(assessmentMode, target('assessmentMode'), WORDS.assessmentMode);
}

function checkPlatform(platform: unknown, target: string): void {
  if (!isObject(platform)) throw valueNotAllowed(platform, target, ['an object']);
  for (const [member, allowed] of Object.entries(PLATFORM_SETTINGS)) {
    const value = platform[member];
    if (value !== undefined && !allowed.some((one) => equal(one, value)))
      throw valueNotAllowed(value, `${target}.${member}`, allowed.map(String));
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
