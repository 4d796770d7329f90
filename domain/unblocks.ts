import type { OutcomeReason } from './reasons';

/** What makes a hold or a failure pass, and whose turn it is. */
export interface Unblock {
  /** `time`: it passes by itself. `owner`: whoever runs the VM. `operator`: a person here decides. `none`: nothing to do, or too late. */
  readonly by: 'time' | 'owner' | 'operator' | 'none';
  readonly what: string;
}

const time = (what: string): Unblock => ({ by: 'time', what });
const owner = (what: string): Unblock => ({ by: 'owner', what });
const operator = (what: string): Unblock => ({ by: 'operator', what });
const none = (what: string): Unblock => ({ by: 'none', what });

/** For every reason what unblocks it: the last column of docs/reasons.md, for programs. */
export const UNBLOCKS: Readonly<Record<OutcomeReason, Unblock>> = {
  installed: none('Nothing to do.'),
  nothingToInstall: none('Nothing to do.'),
  assessmentFailed: owner('Correct what the detail names, usually its update source; it is tried again.'),
  installFailed: owner('See the error in the detail; it is tried again in a later window.'),
  patchesFailed: owner('See the patches that failed; they are tried again in a later window.'),
  patchesPending: time('The rest is installed in a later window.'),
  installLost: owner('Look at the VM; it is tried again in a later window.'),
  installRefused: owner('Do what the detail says.'),
  orchestrationFailed: operator('Report it; resume or skip its region.'),
  unhealthyAfterUpdate: owner('Heal the VM, or waive it: it is not patched again by this rollout.'),
  unknownTooLong: owner('Bring its agent and heartbeat back, or waive it.'),
  poweredOff: owner('Have it run in its off-peak hours.'),
  stoppedDuringSoak: owner('Start it; it is looked at again.'),
  agentSilent: owner('Restart or repair the VM agent.'),
  agentOutdated: owner('Update the agent.'),
  windowMissed: time('Its next off-peak hours that are long enough.'),
  waitingForSet: owner('Heal or waive the VM of its availability set that is unhealthy or unknown.'),
  hookRefused: operator(
    'A yes of the hook: it is asked again with the second chances; or a policy without it.',
  ),
  budgetUsedUp: time('Its turn with the second chances; or a larger budget.'),
  placeChanged: time('It is caught up under a claim of its new place.'),
  evidenceLimit: time('More VMs of its image family that were patched and stayed healthy.'),
  takenOver: time('It is caught up by the host that took the rollout over.'),
  joinedLate: time('Its turn with the second chances, once the phase of its region has proven something.'),
  moved: time('Its turn with the second chances, once the phase of its region has proven something.'),
  frozen: time('The end of the freeze; or lift it.'),
  excludedForNow: time('The end of the exclusion; or lift it.'),
  rolloutHalted: operator('A decision about the halt: resume, or skip.'),
  rolloutPaused: operator('Resume.'),
  approvalPending: operator('An approver approves it.'),
  installInFlight: time('The end of the installation that is running.'),
  unhealthyBefore: owner('Heal it; it is in the next rollout.'),
  superseded: time('It comes first in the next rollout.'),
  deadlinePassed: time('It comes first in the next rollout.'),
  operatorSkipped: time('It is in the next rollout.'),
  rolloutCancelled: time('It is in the next rollout.'),
  unknownRegion: operator('Give its time zone and pair in LOWTIDE_EXTRA_REGIONS.'),
  vmDeleted: none('Nothing to do.'),
  placeInvalid: owner('Correct its region or zone; the next listing finds it.'),
  excluded: owner('Remove the tag.'),
  notInCharge: owner(
    'End what patches it now, which the reason names; docs/azure.md has the steps (Taking over).',
  ),
  patchModeNotPlatform: owner('Set patchMode to AutomaticByPlatform.'),
  patchModeMissing: owner('Set patchMode to AutomaticByPlatform.'),
  patchModeUnknown: owner('Correct the patch mode.'),
  unsupportedImage: operator(
    'Set what the detail names: LOWTIDE_IMAGE_PROFILE, or LOWTIDE_EXTRA_IMAGES if you take responsibility.',
  ),
  customImage: owner(
    'Use a platform image, or have the operator name its definition in LOWTIDE_EXTRA_IMAGES.',
  ),
  agentNotProvisioned: owner('Install the VM agent.'),
  automaticUpdatesOff: owner('It can be set only when a VM is made.'),
  notEnabled: owner('Have it run in its off-peak hours; enablement then continues.'),
  osTypeUnknown: owner('Give osProfile or osDisk.osType.'),
};
