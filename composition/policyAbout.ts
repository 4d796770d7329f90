import type { Policy } from '../domain/policy';

type Key = keyof Policy;

/** What each member of a policy file decides, for people and for the completion of editors; unit, default and what a change touches are added to it. */
export const POLICY_ABOUT: Readonly<Record<Exclude<Key, 'extraRegions' | 'attemptsMax'>, string>> = {
  offPeakOpens:
    "Local time, HH:MM, at which a VM's off-peak hours begin. Equal to the closing time: always open.",
  offPeakCloses:
    "Local time, HH:MM, at which a VM's off-peak hours end; at or before the opening: on the next day.",
  ownWindows:
    'Off-peak hours of VMs that have their own: the first rule with a matching selector. Assessments use those of the fleet.',
  inventoryEverySeconds: 'How often the platform is asked which VMs there are.',
  inventoryFewerPercent:
    'A listing of a subscription that lacks more than this percent of the known VMs is not believed until a person accepts it.',
  assessmentEverySeconds: 'A VM whose last assessment is older is assessed in its next off-peak hours.',
  assessmentTimeoutSeconds: 'Longest wait for one assessment.',
  assessmentPollFirstSeconds: 'Time until a round first polls the assessments of its VMs.',
  assessmentPollSeconds: 'How often a running assessment is polled.',
  installPollFirstSeconds: 'Time until the first poll of a running installation.',
  installPollLastSeconds: 'Longest time between two polls of a running installation, reached by back-off.',
  installMinimumSeconds:
    'No installation starts with less of the window left, after the reserve for a reboot.',
  installMaximumSeconds: 'Longest maximum duration of an installation; Azure accepts at most PT3H55M.',
  rebootReserveSeconds: 'Kept free at the end of the window for a reboot.',
  installAmbiguitySeconds:
    'An installation that may or may not have been started is not repeated before this has passed.',
  soakSeconds: 'How long a VM is watched after its update before it counts as healthy.',
  healthPollSeconds: 'How often a VM is probed while its health is unknown.',
  unknownTimeoutSeconds: 'A VM whose health stays unknown for this time counts as unhealthy.',
  bakeAfterCanarySeconds: 'Pause between the gate of the first phase, or of a ring, and the next phase.',
  bakeSeconds: 'Pause after every other gate; nextWindow: until the first window that opens after the gate.',
  claimPollFirstSeconds: 'First pause between two requests for a claim.',
  claimPollLastSeconds: 'Longest pause between two requests for a claim, reached by back-off.',
  ticketLapseSeconds:
    'How long a refused request for a claim keeps its place in the queue if it is not repeated.',
  wakeFallbackSeconds: 'A wait for evidence or a person checks again after this time if no event wakes it.',
  enablementRetryFirstSeconds: 'First pause between two tries to enable a VM that is not ready for it.',
  enablementRetryLastSeconds: 'Longest pause between two tries to enable a VM, reached by back-off.',
  claimGraceSeconds:
    'Time after the expiry of a claim until the platform is asked whether anything is in flight.',
  claimOverrunSeconds:
    'Time after the window from which a claim that cannot be released holds its region and is notified.',
  rolloutDeadlineSeconds:
    'Time after its release at which a rollout ends, unless the next release is earlier.',
  forecastTargetDays:
    'Days after the release by which VMs should be done; a VM with a later forecast is late.',
  setSharePercent: 'Percent of an availability set that may be down at once, rounded down, at least one VM.',
  setOneByOneBelow: 'Availability sets of fewer VMs are updated one VM at a time.',
  standaloneSharePercent:
    'Percent of the standalone VMs of a subscription in a region that may be down at once, rounded down, at least one.',
  hooks: 'Systems that are asked before and after rounds and VMs; the rollout continues only after a yes.',
  budgets: 'How many VMs of an application may be down at once, across regions, zones and sets.',
  phasesMin: 'Fewest phases of a rollout, if there are enough regions.',
  canaryRegions: 'Names of the regions of the first phase; none: the planner takes the smallest.',
  approvals: 'Approvals that are needed before phases start.',
  rings: 'VMs that are updated before the canary phase, one phase per ring.',
  batchSharePercents: 'Percent of the standalone VMs of a stage that each of its batches has, in order.',
  evidenceFirst: 'VMs of an image family that may be installed before one of them has proven healthy.',
  evidenceFactor:
    'After these, the VMs that may be installed are this many times those that installed a patch and stayed healthy.',
  evidenceUnderWay:
    'VMs of an image family under way at once, or as many as have proven healthy, whichever is more.',
  canaryVms: 'The first VMs that a rollout installs: any unhealthy one halts it.',
  expectedUnhealthyPercent: 'Percent of VMs that a good patch leaves unhealthy.',
  refusedUnhealthyPercent: 'Percent of VMs left unhealthy at which a patch is refused.',
  haltLikelihoodRatio:
    'How many times likelier the results must be with a refused patch than with a good one for a halt.',
  firstResults: 'Results of an image family that count as its first.',
  firstResultsUnhealthyMin: 'Unhealthy VMs among the first results of a family that halt it.',
  roundUnhealthyMin: 'Size from which a round with only unhealthy VMs is halted.',
  rolloutUnhealthyMax:
    'A rollout halts above this number of unhealthy VMs, or above rolloutUnhealthyPercent, whichever is more.',
  rolloutUnhealthyPercent:
    'A rollout halts above this percent of its VMs, or above rolloutUnhealthyMax, whichever is more.',
  failedPercent: 'Percent of failed installations at which a family, a region or the rollout is held.',
  failedOf:
    'Installations that must have been tried before failedPercent counts; of one round, that must have failed.',
  batchUnknownPercent: 'Percent of a batch whose health is unknown above which its region is held.',
  phaseClosePercent: 'Percent of the VMs of a phase that must have an outcome before its gate is decided.',
  phaseCloseAfterSeconds:
    'Time after which the gate of a phase is also decided with phaseEvidencePercent attempted; sooner, once no window of its VMs opens before then any more.',
  phaseEvidencePercent: 'Percent of the VMs of a phase that must have been attempted after phaseCloseAfter.',
  fixedReleaseOsTypes: 'OS types that install nothing published after the release.',
  excludeTag: 'Name of the tag: a VM that has it with the value true is never touched.',
  timeZoneTag: "Name of the tag that has a VM's time zone, IANA or Windows.",
  extraImages:
    'Images that are supported beyond the profile: publisher:offer:sku, or a gallery image definition, * for any characters.',
  imageProfile:
    'Which platform images are supported: those of the specification of 2021, or those that Azure lists today.',
};
