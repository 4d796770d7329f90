import type { Policy } from '../domain/policy';

type Key = keyof Policy;

/** What each member of a policy file decides, for people and for the completion of editors; unit, default and what a change touches are added to it. */
export const POLICY_ABOUT: Readonly<Record<Exclude<Key, 'extraRegions' | 'attemptsMax'>, string>> = {
  offPeakOpens:
    "Local time, HH:MM, at which a VM's off-peak hours begin. Equal to the closing time: always open.",
  offPeakCloses:
    "Local time, HH:MM, at which a VM's off-peak hours end; at or before the opening: on the next day.",
  ownWindows:
    'Off-peak hours of VMs that have their own: the first rule whose selector fits. Assessments keep those of the fleet.',
  inventoryEverySeconds: 'How often the platform is asked which VMs there are.',
  inventoryFewerPercent:
    'Percent. A listing of a subscription with so many fewer VMs than are known is not believed until a person accepts it.',
  assessmentEverySeconds: 'A VM whose last assessment is older is assessed in its next off-peak hours.',
  assessmentTimeoutSeconds: 'Longest wait for one assessment.',
  assessmentPollSeconds: 'How often a running assessment is looked at.',
  installPollFirstSeconds: 'After so long a running installation is looked at first.',
  installPollLastSeconds: 'Longest pause between two looks at a running installation: they back off to it.',
  installMinimumSeconds:
    'With less of the window left, after the reserve for a reboot, no installation starts.',
  installMaximumSeconds: 'Longest maximum duration that is asked for; Azure takes no more than PT3H55M.',
  rebootReserveSeconds: 'Kept free at the end of the window for a reboot.',
  installAmbiguitySeconds:
    'An installation that may or may not have been started is not repeated before this has passed.',
  soakSeconds: 'A VM is watched for so long after its update before it counts as healthy.',
  healthPollSeconds: 'How often a VM is probed while its health is unknown.',
  unknownTimeoutSeconds: 'Health that stays unknown for so long counts as unhealthy.',
  bakeAfterCanarySeconds: 'Pause between the gate of the first phase, or of a ring, and the next phase.',
  bakeSeconds: 'Pause after every other gate; nextWindow: until windows that open after the gate did.',
  claimPollFirstSeconds: 'A round that waits for its claim asks again after so long at first.',
  claimPollLastSeconds: 'Longest pause between two requests for a claim: they back off to it.',
  ticketLapseSeconds: 'How long a waiting request for a claim keeps its place without being asked again.',
  wakeFallbackSeconds:
    'What waits for evidence or a person looks again by itself after this, should it not be woken.',
  enablementRetryFirstSeconds: 'First pause between two tries to enable a VM that is not ready for it.',
  enablementRetryLastSeconds: 'Longest pause between two tries to enable a VM: they back off to it.',
  claimGraceSeconds:
    'So long after its expiry a claim is looked into: the platform is asked whether anything is in flight.',
  claimOverrunSeconds:
    'So long after the window a claim that cannot be released holds its region, and the operator is notified.',
  rolloutDeadlineSeconds:
    'A rollout ends so long after its release, or with the next release if that is earlier.',
  forecastTargetDays:
    'Days after the release by which the forecast is to end; a VM that is later is said to be late.',
  setSharePercent: 'Percent of an availability set that may be down at once, rounded down, at least one VM.',
  setOneByOneBelow: 'Availability sets of fewer VMs go one VM at a time.',
  standaloneSharePercent:
    'Percent of the standalone VMs of a subscription in a region that may be down at once, rounded down, at least one.',
  hooks: 'What is asked before and after rounds and VMs; only a yes lets the rollout go on.',
  budgets: 'At most so many VMs of an application are down at once, across regions, zones and sets.',
  phasesMin: 'Fewest phases of a rollout, where there are regions enough.',
  canaryRegions: 'Names of the regions of the first phase; none: the planner takes the smallest.',
  approvals: 'What an approver is asked before a phase starts.',
  rings: 'VMs that go before the canary phase, ring after ring, a phase each.',
  batchSharePercents: 'Percent of the standalone VMs of a stage that each of its batches has, in order.',
  evidenceFirst: 'VMs of an image family that may be installed before any of it has proven anything.',
  evidenceFactor:
    'After the first, so many times the VMs of the family that installed a patch and stayed healthy.',
  evidenceUnderWay:
    'VMs of an image family under way at once, or as many as have proven healthy, whichever is more.',
  canaryVms: 'The first VMs that a rollout installs: any unhealthy one halts it.',
  expectedUnhealthyPercent: 'Percent of VMs that a good patch leaves unhealthy.',
  refusedUnhealthyPercent: 'Percent of VMs left unhealthy at which a patch is refused.',
  haltLikelihoodRatio:
    'A halt comes when the results are so many times likelier with a refused patch than with a good one.',
  firstResults: 'Results of an image family that count as its first.',
  firstResultsUnhealthyMin: 'So many unhealthy VMs among the first results of a family halt it.',
  roundUnhealthyMin: 'A round of which all VMs are unhealthy halts from so many VMs on.',
  rolloutUnhealthyMax:
    'A rollout halts above so many unhealthy VMs, or above rolloutUnhealthyPercent, whichever is more.',
  rolloutUnhealthyPercent:
    'A rollout halts above this percent of its VMs, or above rolloutUnhealthyMax, whichever is more.',
  failedPercent: 'Percent of failed installations at which a family, a region or the rollout is held.',
  failedOf: 'failedPercent counts when at least so many installations were tried.',
  batchUnknownPercent: 'Percent of a batch whose health is unknown above which its region is held.',
  phaseClosePercent: 'Percent of the VMs of a phase that must have an outcome before its gate is decided.',
  phaseCloseAfterSeconds:
    'The gate of a phase is decided after so long, too, with phaseEvidencePercent attempted.',
  phaseEvidencePercent: 'Percent of the VMs of a phase that must have been attempted after phaseCloseAfter.',
  fixedReleaseOsTypes: 'OS types that install nothing published after the release.',
  excludeTag: 'Name of the tag: a VM that has it with the value true is never touched.',
  timeZoneTag: "Name of the tag that has a VM's time zone, IANA or Windows.",
  extraImages:
    'Images that are supported beyond the profile: publisher:offer:sku, or a gallery image definition, * for any run of characters.',
  imageProfile:
    'Which platform images are supported: those of the specification of 2021, or those that Azure lists today.',
};
