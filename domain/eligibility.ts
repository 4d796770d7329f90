import {
  imageName,
  isSupportedGalleryImage,
  isSupportedImage,
  settingThatSupports,
  settingThatSupportsGallery,
  type ImagePolicy,
} from './images';
import { because, type Because, type OutcomeReason } from './reasons';
import { effectivePatchMode } from './patchMode';
import type { Policy } from './policy';
import { findRegion } from './regions';
import { remembered } from './remembered';
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
  let first: Because | null = null;
  let detail = '';
  for (const rule of RULES) {
    const hold = rule(vm, policy);
    if (hold === null) continue;
    detail = first === null ? hold.detail : `${detail}; ${hold.detail}`;
    first ??= hold;
  }
  return first === null ? ELIGIBLE : { kind: 'ineligible', reason: first.reason, detail };
}

/** `eligibility` of VM after VM: what is alike in all that the rules read has the same answer, and neighbours in a fleet are often alike. */
export function eligibilityInTurn(policy: EligibilityPolicy): (vm: VirtualMachine) => Eligibility {
  let last: VirtualMachine | null = null;
  let answer = ELIGIBLE;
  return (vm) => {
    if (!isUsual(vm, policy)) return eligibility(vm, policy);
    if (last !== null && isAlike(vm, last)) return answer;
    last = vm;
    answer = eligibility(vm, policy);
    return answer;
  };
}

/** It has no tag that excludes it, its zone is a name, and no driver has looked at it: neighbours differ in these. */
function isUsual({ tags, zone, control }: VirtualMachine, { excludeTag }: EligibilityPolicy): boolean {
  return (
    control === undefined && (zone === null || isPlaceName(zone)) && tagOf(tags, excludeTag) === undefined
  );
}

/** All that the rules read of a VM that is usual. */
function isAlike(one: VirtualMachine, other: VirtualMachine): boolean {
  return (
    one.patchMode === other.patchMode &&
    one.osType === other.osType &&
    one.region === other.region &&
    one.enabled === other.enabled &&
    one.customImage === other.customImage &&
    one.imageId === other.imageId &&
    one.provisionVMAgent === other.provisionVMAgent &&
    one.enableAutomaticUpdates === other.enableAutomaticUpdates &&
    one.customerManagedSchedule === other.customerManagedSchedule &&
    isSameImage(one.image, other.image)
  );
}

function isSameImage(one: VirtualMachine['image'], other: VirtualMachine['image']): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  return one.sku === other.sku && one.offer === other.offer && one.publisher === other.publisher;
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
  return RULES.map((rule) => rule(vm, policy)).filter((hold) => hold !== null);
}

type Rule = (vm: VirtualMachine, policy: EligibilityPolicy) => Because | null;

/** The most specific reason first. A plan asks them of every VM of the fleet: what holds nothing allocates nothing. */
const RULES: readonly Rule[] = [
  placeHold,
  excludedByTag,
  controlHold,
  patchModeHold,
  scheduleHold,
  unknownRegionHold,
  ({ osType }) => (osType === null ? because('osTypeUnknown') : null),
  imageHold,
  ({ provisionVMAgent }) => (provisionVMAgent === false ? because('agentNotProvisioned') : null),
  automaticUpdatesHold,
  ({ enabled }) => (enabled ? null : because('notEnabled')),
];

/** What names of regions and zones look like: they become parts of keys, and say what must not be down together. */
const PLACE_NAME = /^[a-z0-9-]{1,60}$/i;
const isPlaceName = remembered((name: string) => PLACE_NAME.test(name));

/** A VM whose place cannot be understood is set aside, by itself: it must not stop the month of the others. */
function placeHold({ region, zone }: VirtualMachine): Because | null {
  if (!isPlaceName(region)) return because('placeInvalid', { place: `region «${region}»` });
  if (zone !== null && !isPlaceName(zone)) return because('placeInvalid', { place: `zone «${zone}»` });
  return null;
}

/** Which region it must not be down together with, and when its off-peak hours are, would be guesses. */
function unknownRegionHold({ region }: VirtualMachine): Because | null {
  return findRegion(region) === undefined ? because('unknownRegion', { region }) : null;
}

function excludedByTag(vm: VirtualMachine, { excludeTag }: EligibilityPolicy): Because | null {
  if (tagOf(vm.tags, excludeTag)?.trim().toLowerCase() !== 'true') return null;
  return because('excluded', { tag: excludeTag });
}

/**
 * Where the driver says in whose hands a VM is, that decides: on real Azure a VM may be Lowtide's in several patch modes, and one in
 * AutomaticByPlatform is Azure's own unless its safety checks are bypassed (design section 8).
 */
function controlHold({ control }: VirtualMachine): Because | null {
  if (control === undefined || control.kind === 'inCharge') return null;
  return because('notInCharge', { found: control.because });
}

/** only AutomaticByPlatform takes part. */
function patchModeHold(vm: VirtualMachine): Because | null {
  if (vm.control !== undefined || vm.patchMode === 'AutomaticByPlatform') return null;
  const effective = effectivePatchMode(vm);
  if (effective.kind === 'undecided') return because('patchModeMissing');
  if (effective.kind === 'unknown')
    return because('patchModeUnknown', { patchMode: effective.written, osType: vm.osType ?? 'any OS' });
  const { mode, from } = effective;
  if (from === 'default') return because('patchModeMissing', { patchMode: mode });
  if (mode === 'AutomaticByPlatform') return null;
  return because('patchModeNotPlatform', { patchMode: mode });
}

/** Azure's «customer managed schedules»: Azure does no automatic guest patching of such a VM, and Lowtide none in its place. */
function scheduleHold({ control, customerManagedSchedule }: VirtualMachine): Because | null {
  return control === undefined && customerManagedSchedule === true ? because('notInCharge') : null;
}

/** */
function imageHold(vm: VirtualMachine, policy: EligibilityPolicy): Because | null {
  if (vm.customImage) return galleryHold(vm.imageId, policy);
  if (vm.image === null) return because('unsupportedImage');
  if (isSupportedImage(vm.image, policy)) return null;
  return because('unsupportedImage', {
    image: imageName(vm.image),
    setting: settingThatSupports(vm.image, policy),
  });
}

function galleryHold(imageId: string | undefined, policy: EligibilityPolicy): Because | null {
  if (imageId === undefined) return because('customImage');
  if (isSupportedGalleryImage(imageId, policy)) return null;
  return because('customImage', { setting: settingThatSupportsGallery(imageId) });
}

/** not given means true, its default. */
function automaticUpdatesHold(vm: VirtualMachine): Because | null {
  if (vm.control !== undefined || vm.osType !== 'Windows' || vm.enableAutomaticUpdates !== false) return null;
  return because('automaticUpdatesOff');
}
