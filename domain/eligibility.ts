import { imageName, isSupportedImage } from './images';
import type { OutcomeReason } from './outcome';
import { effectivePatchMode } from './patchMode';
import type { Policy } from './policy';
import { tagOf } from './tags';
import type { VirtualMachine } from './virtualMachine';

export type Eligibility =
  | { readonly kind: 'eligible' }
  /** `reason` is the most telling one, `detail` has all of them, in that order. */
  | { readonly kind: 'ineligible'; readonly reason: OutcomeReason; readonly detail: string };

interface Obstacle {
  readonly reason: OutcomeReason;
  readonly detail: string;
}

type EligibilityPolicy = Pick<Policy, 'excludeTag' | 'extraImages'>;

const ELIGIBLE: Eligibility = { kind: 'eligible' };

/**
 * May automatic patching touch this VM at all? Its size, an unknown region and an unknown zone are no obstacles. What can change by
 * the hour (power, agent, freeze, health) is not asked here but right before the update.
 */
export function eligibility(vm: VirtualMachine, policy: EligibilityPolicy): Eligibility {
  const obstacles = [
    excludedByTag(vm, policy),
    patchModeObstacle(vm),
    notInChargeObstacle(vm),
    vm.osType === null ? obstacle('osTypeUnknown', 'the operating system is not known') : null,
    imageObstacle(vm, policy),
    vm.provisionVMAgent === false
      ? obstacle('agentNotProvisioned', 'the VM agent is not provisioned (provisionVMAgent is false)')
      : null,
    automaticUpdatesObstacle(vm),
    vm.enabled
      ? null
      : obstacle('notEnabled', 'enablement is not complete: the patch extension is not in place'),
  ].filter((found) => found !== null);
  const [first] = obstacles;
  if (first === undefined) return ELIGIBLE;
  return {
    kind: 'ineligible',
    reason: first.reason,
    detail: obstacles.map(({ detail }) => detail).join('; '),
  };
}

function excludedByTag(vm: VirtualMachine, { excludeTag }: EligibilityPolicy): Obstacle | null {
  if (tagOf(vm.tags, excludeTag)?.trim().toLowerCase() !== 'true') return null;
  return obstacle('excluded', `its tag ${excludeTag} is true`);
}

/** only AutomaticByPlatform takes part. */
function patchModeObstacle(vm: VirtualMachine): Obstacle | null {
  const effective = effectivePatchMode(vm);
  if (effective.kind === 'undecided') return obstacle('patchModeMissing', 'no patch mode is set');
  if (effective.kind === 'unknown')
    return obstacle(
      'patchModeUnknown',
      `patch mode «${effective.written}» is not one of ${vm.osType ?? 'any OS'}`,
    );
  const { mode, from } = effective;
  if (from === 'default') return obstacle('patchModeMissing', `no patch mode is set, so it is ${mode}`);
  if (mode === 'AutomaticByPlatform') return null;
  return obstacle('patchModeNotPlatform', `its patch mode is ${mode}, not AutomaticByPlatform`);
}

/** Azure's «customer managed schedules»: with this setting Azure does no automatic guest patching, and Lowtide does none in its place. */
function notInChargeObstacle(vm: VirtualMachine): Obstacle | null {
  if (vm.customerManagedSchedule !== true) return null;
  return obstacle(
    'notInCharge',
    'a schedule of its owner patches it (bypassPlatformSafetyChecksOnUserSchedule is true)',
  );
}

/** */
function imageObstacle(vm: VirtualMachine, policy: EligibilityPolicy): Obstacle | null {
  if (vm.customImage) return obstacle('customImage', 'custom images are not supported');
  if (vm.image === null) return obstacle('unsupportedImage', 'its image is not known');
  if (isSupportedImage(vm.image, policy)) return null;
  return obstacle('unsupportedImage', `image ${imageName(vm.image)} is not supported`);
}

/** not given means true, its default. */
function automaticUpdatesObstacle(vm: VirtualMachine): Obstacle | null {
  if (vm.osType !== 'Windows' || vm.enableAutomaticUpdates !== false) return null;
  return obstacle('automaticUpdatesOff', 'AutomaticByPlatform on Windows needs enableAutomaticUpdates=true');
}

function obstacle(reason: OutcomeReason, detail: string): Obstacle {
  return { reason, detail };
}
