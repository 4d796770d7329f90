import { imageName, isSupportedImage, settingThatSupports, type ImagePolicy } from './images';
import { because, type Because, type OutcomeReason } from './reasons';
import { effectivePatchMode } from './patchMode';
import type { Policy } from './policy';
import { findRegion } from './regions';
import { tagOf } from './tags';
import type { VirtualMachine } from './virtualMachine';

export type Eligibility =
  | { readonly kind: 'eligible' }
  /** `reason` is the most specific one, `detail` has all of them, in that order. */
  | { readonly kind: 'ineligible'; readonly reason: OutcomeReason; readonly detail: string };

type EligibilityPolicy = Pick<Policy, 'excludeTag'> & ImagePolicy;

const ELIGIBLE: Eligibility = { kind: 'eligible' };

/**
 * May automatic patching touch this VM at all? Its size and an unknown zone hold nothing. What can change by
 * the hour (power, agent, freeze, health) is not asked here but right before the update.
 */
export function eligibility(vm: VirtualMachine, policy: EligibilityPolicy): Eligibility {
  const holds = eligibilityHolds(vm, policy);
  const [first] = holds;
  if (first === undefined) return ELIGIBLE;
  return {
    kind: 'ineligible',
    reason: first.reason,
    detail: holds.map(({ detail }) => detail).join('; '),
  };
}

/**
 * Is it assessed every few days? A VM that takes part is, and one whose owner asks for it (`assessmentMode` AutomaticByPlatform); never one that
 * is excluded.
 */
export function isAssessed(vm: VirtualMachine, policy: EligibilityPolicy): boolean {
  if (excludedByTag(vm, policy) !== null) return false;
  return vm.assessmentMode !== undefined || eligibilityHolds(vm, policy).length === 0;
}

/** Everything that keeps automatic patching off this VM, the most specific reason first. Empty: it is eligible. */
export function eligibilityHolds(vm: VirtualMachine, policy: EligibilityPolicy): readonly Because[] {
  return [
    placeHold(vm),
    excludedByTag(vm, policy),
    ...controlHolds(vm),
    // Which region it must not be down together with, and when its off-peak hours are, would be guesses.
    findRegion(vm.region) === undefined ? because('unknownRegion', { region: vm.region }) : null,
    vm.osType === null ? because('osTypeUnknown') : null,
    imageHold(vm, policy),
    vm.provisionVMAgent === false ? because('agentNotProvisioned') : null,
    vm.control === undefined ? automaticUpdatesHold(vm) : null,
    vm.enabled ? null : because('notEnabled'),
  ].filter((found) => found !== null);
}

/** What names of regions and zones look like: they become parts of keys, and say what must not be down together. */
const PLACE_NAME = /^[a-z0-9-]{1,60}$/i;

/** A VM whose place cannot be understood is set aside, by itself: it must not stop the month of the others. */
function placeHold({ region, zone }: VirtualMachine): Because | null {
  if (!PLACE_NAME.test(region)) return because('placeInvalid', { place: `region «${region}»` });
  if (zone !== null && !PLACE_NAME.test(zone)) return because('placeInvalid', { place: `zone «${zone}»` });
  return null;
}

function excludedByTag(vm: VirtualMachine, { excludeTag }: EligibilityPolicy): Because | null {
  if (tagOf(vm.tags, excludeTag)?.trim().toLowerCase() !== 'true') return null;
  return because('excluded', { tag: excludeTag });
}

/**
 * Where the driver says in whose hands a VM is, that decides: on real Azure a VM may be Lowtide's in several patch modes, and one in
 * AutomaticByPlatform is Azure's own unless its safety checks are bypassed (design section 8).
 */
function controlHolds(vm: VirtualMachine): readonly (Because | null)[] {
  const { control } = vm;
  if (control !== undefined)
    return [control.kind === 'inCharge' ? null : because('notInCharge', { found: control.because })];
  // Azure's «customer managed schedules»: Azure does no automatic guest patching of such a VM, and Lowtide none in its place.
  return [patchModeHold(vm), vm.customerManagedSchedule === true ? because('notInCharge') : null];
}

/** only AutomaticByPlatform takes part. */
function patchModeHold(vm: VirtualMachine): Because | null {
  const effective = effectivePatchMode(vm);
  if (effective.kind === 'undecided') return because('patchModeMissing');
  if (effective.kind === 'unknown')
    return because('patchModeUnknown', { patchMode: effective.written, osType: vm.osType ?? 'any OS' });
  const { mode, from } = effective;
  if (from === 'default') return because('patchModeMissing', { patchMode: mode });
  if (mode === 'AutomaticByPlatform') return null;
  return because('patchModeNotPlatform', { patchMode: mode });
}

/** */
function imageHold(vm: VirtualMachine, policy: EligibilityPolicy): Because | null {
  if (vm.customImage) return because('customImage');
  if (vm.image === null) return because('unsupportedImage');
  if (isSupportedImage(vm.image, policy)) return null;
  return because('unsupportedImage', {
    image: imageName(vm.image),
    setting: settingThatSupports(vm.image, policy),
  });
}

/** not given means true, its default. */
function automaticUpdatesHold(vm: VirtualMachine): Because | null {
  if (vm.osType !== 'Windows' || vm.enableAutomaticUpdates !== false) return null;
  return because('automaticUpdatesOff');
}
