import { isSupportedGalleryImage, isSupportedImage, type ImagePolicy } from './images';
import type { VirtualMachine } from './virtualMachine';

type OsType = NonNullable<VirtualMachine['osType']>;

export type PatchMode = 'AutomaticByPlatform' | 'AutomaticByOS' | 'Manual' | 'ImageDefault';

/** which modes there are, by operating system. */
export const PATCH_MODES: Readonly<Record<OsType, readonly PatchMode[]>> = {
  Windows: ['AutomaticByPlatform', 'AutomaticByOS', 'Manual'],
  Linux: ['AutomaticByPlatform', 'ImageDefault'],
};

/** The part of a VM's model that its patching depends on. Null is «not given». */
export type PatchSettings = Pick<
  VirtualMachine,
  'osType' | 'patchMode' | 'enableAutomaticUpdates' | 'provisionVMAgent' | 'image' | 'customImage' | 'imageId'
>;

export type EffectivePatchMode =
  | { readonly kind: 'mode'; readonly mode: PatchMode; readonly from: 'written' | 'default' }
  /** Written, but no mode of this operating system. */
  | { readonly kind: 'unknown'; readonly written: string }
  /** Not written, and without the operating system there is no default. */
  | { readonly kind: 'undecided' };

/**
 * the mode a VM is in. Without one Linux is ImageDefault and Windows AutomaticByOS, except where the VM was created with
 * enableAutomaticUpdates=false: AutomaticByOS cannot be had then, and what is left is Manual.
 */
export function effectivePatchMode(vm: PatchSettings): EffectivePatchMode {
  if (vm.patchMode !== null) {
    const mode = patchModeOf(vm.patchMode, vm.osType);
    return mode === undefined
      ? { kind: 'unknown', written: vm.patchMode }
      : { kind: 'mode', mode, from: 'written' };
  }
  if (vm.osType === null) return { kind: 'undecided' };
  return { kind: 'mode', mode: defaultPatchMode(vm.osType, vm.enableAutomaticUpdates), from: 'default' };
}

export function defaultPatchMode(osType: OsType, enableAutomaticUpdates: boolean | null): PatchMode {
  if (osType === 'Linux') return 'ImageDefault';
  return enableAutomaticUpdates === false ? 'Manual' : 'AutomaticByOS';
}

/** Why settings cannot be accepted. The ARM API turns each into its error; the texts of Azure are in the tests of that API. */
export type PatchModeRefusal =
  | { readonly kind: 'modeNotAllowed'; readonly written: string; readonly allowed: readonly PatchMode[] }
  | { readonly kind: 'needsAutomaticUpdates'; readonly mode: PatchMode; readonly value: boolean }
  | { readonly kind: 'needsAgent'; readonly mode: PatchMode }
  | { readonly kind: 'imageNotSupported'; readonly customImage: boolean }
  | { readonly kind: 'noSuchPropertyOnLinux'; readonly property: 'enableAutomaticUpdates' }
  | { readonly kind: 'onlyAtCreation'; readonly property: 'enableAutomaticUpdates'; readonly is: boolean }
  | { readonly kind: 'switchNotAllowed'; readonly from: PatchMode; readonly to: PatchMode };

/** can a VM be like this at all? All that is wrong with it, or nothing. */
export function checkPatchSettings(vm: PatchSettings, policy: ImagePolicy): readonly PatchModeRefusal[] {
  const refusals: PatchModeRefusal[] = [];
  if (vm.osType === 'Linux' && vm.enableAutomaticUpdates !== null)
    refusals.push({ kind: 'noSuchPropertyOnLinux', property: 'enableAutomaticUpdates' });
  const effective = effectivePatchMode(vm);
  if (effective.kind === 'unknown') {
    const allowed = vm.osType === null ? [] : PATCH_MODES[vm.osType];
    return [...refusals, { kind: 'modeNotAllowed', written: effective.written, allowed }];
  }
  if (effective.kind === 'undecided') return refusals;
  const { mode } = effective;
  const wanted = automaticUpdatesOf(mode, vm.osType);
  if (wanted !== null && automaticUpdates(vm) !== wanted)
    refusals.push({ kind: 'needsAutomaticUpdates', mode, value: wanted });
  if (mode === 'AutomaticByPlatform') refusals.push(...checkPlatformMode(vm, policy));
  return refusals;
}

/**
 * may a VM that is like `before` become like `after`? A null in `after` leaves what is there. That
 * AutomaticByPlatform may go back to AutomaticByOS is not in the document; Azure allows it, and it takes no update away.
 */
export function checkPatchModeChange(
  before: PatchSettings,
  after: Pick<PatchSettings, 'patchMode' | 'enableAutomaticUpdates'>,
): readonly PatchModeRefusal[] {
  if (before.osType !== 'Windows') return [];
  const refusals: PatchModeRefusal[] = [];
  const is = automaticUpdates(before);
  if (after.enableAutomaticUpdates !== null && after.enableAutomaticUpdates !== is)
    refusals.push({ kind: 'onlyAtCreation', property: 'enableAutomaticUpdates', is });
  const from = effectivePatchMode(before);
  const to = effectivePatchMode({ ...before, patchMode: after.patchMode ?? before.patchMode });
  if (from.kind !== 'mode' || to.kind !== 'mode') return refusals;
  if ((from.mode === 'Manual') !== (to.mode === 'Manual'))
    refusals.push({ kind: 'switchNotAllowed', from: from.mode, to: to.mode });
  return refusals;
}

/** ARM reads its enums without regard to case. An unknown operating system may use any mode. */
function patchModeOf(written: string, osType: OsType | null): PatchMode | undefined {
  const modes = osType === null ? Object.values(PATCH_MODES).flat() : PATCH_MODES[osType];
  return modes.find((mode) => mode.toLowerCase() === written.toLowerCase());
}

/** Not given means true (ARM's default), except in Manual, which is only to be had with false. */
function automaticUpdates(vm: PatchSettings): boolean {
  return (
    vm.enableAutomaticUpdates ?? (vm.patchMode === null || patchModeOf(vm.patchMode, vm.osType) !== 'Manual')
  );
}

/** The value of enableAutomaticUpdates that a mode needs; null where it does not matter. */
function automaticUpdatesOf(mode: PatchMode, osType: OsType | null): boolean | null {
  if (osType !== 'Windows') return null;
  return mode !== 'Manual';
}

function checkPlatformMode(vm: PatchSettings, policy: ImagePolicy): readonly PatchModeRefusal[] {
  const refusals: PatchModeRefusal[] = [];
  if (vm.provisionVMAgent === false) refusals.push({ kind: 'needsAgent', mode: 'AutomaticByPlatform' });
  const isSupported = vm.customImage
    ? vm.imageId !== undefined && isSupportedGalleryImage(vm.imageId, policy)
    : vm.image !== null && isSupportedImage(vm.image, policy);
  if (!isSupported) refusals.push({ kind: 'imageNotSupported', customImage: vm.customImage });
  return refusals;
}
