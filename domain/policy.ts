import { z } from 'zod';
import { ApprovalRule } from './approvals';
import { Budget, BUDGETS_MAX } from './budgets';
import { Hook } from './hooks';
import { OwnWindows } from './ownWindows';
import { Ring, RINGS_MAX } from './rings';

const seconds = (value: number): z.ZodDefault<z.ZodNumber> => z.number().nonnegative().default(value);
const percent = (value: number): z.ZodDefault<z.ZodNumber> => z.number().min(0).max(100).default(value);
const localTime = (value: string): z.ZodDefault<z.ZodString> =>
  z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a local time is written HH:MM')
    .default(value);

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Every number that an operator may change, with its default. Durations are in seconds. */
export const Policy = z.object({
  /** Off-peak hours in the VM's own time zone. Equal times mean: always open. */
  offPeakOpens: localTime('22:00'),
  offPeakCloses: localTime('06:00'),
  /** Hours of VMs that have their own, the first that fits: several a week, days of the week. Assessments keep those of the fleet. */
  ownWindows: z.array(OwnWindows).max(50).default([]),
  /** How often the platform is asked which VMs there are. */
  inventoryEverySeconds: seconds(6 * HOUR),
  /** A listing with so many fewer VMs than are known is not believed. */
  inventoryFewerPercent: percent(20),
  /** every few days, several times in any 30. */
  assessmentEverySeconds: seconds(3 * DAY),
  /** Longest wait for one assessment. */
  assessmentTimeoutSeconds: seconds(60 * MINUTE),
  /** A round looks first at its assessments after this: most have ended by then. */
  assessmentPollFirstSeconds: seconds(7 * MINUTE),
  assessmentPollSeconds: seconds(5 * MINUTE),
  /** A running installation is looked at first after this: seven of ten have ended by then. Later looks are further apart by no more than the last. */
  installPollFirstSeconds: seconds(30 * MINUTE),
  installPollLastSeconds: seconds(5 * MINUTE),
  /** Less than this left of the window (after the reserve) and an install is not started: it could not do its work. */
  installMinimumSeconds: seconds(60 * MINUTE),
  /** Longest maximum duration asked for: Azure's documented limit. */
  installMaximumSeconds: seconds(3 * HOUR + 55 * MINUTE),
  /** Kept free at the end of the window for a reboot: Azure keeps 15 + 10 minutes. */
  rebootReserveSeconds: seconds(25 * MINUTE),
  /** An intent without an answer is not repeated before this has passed. */
  installAmbiguitySeconds: seconds(10 * MINUTE),
  soakSeconds: seconds(15 * MINUTE),
  healthPollSeconds: seconds(5 * MINUTE),
  /** Unknown for this long counts as unhealthy. */
  unknownTimeoutSeconds: seconds(60 * MINUTE),
  bakeAfterCanarySeconds: seconds(12 * HOUR),
  /** Null (`nextWindow`): until windows that open after the gate did. */
  bakeSeconds: z.number().nonnegative().nullable().default(null),
  claimPollFirstSeconds: seconds(1 * MINUTE),
  claimPollLastSeconds: seconds(5 * MINUTE),
  /** How long a ticket of a waiting caller keeps its place without being polled again. */
  ticketLapseSeconds: seconds(15 * MINUTE),
  /** What waits for evidence or for a person is woken; should that be lost, it looks again by itself after this. */
  wakeFallbackSeconds: seconds(1 * HOUR),
  /** Tries to enable a VM that is not ready for it back off from the first to the last. */
  enablementRetryFirstSeconds: seconds(15),
  enablementRetryLastSeconds: seconds(30 * MINUTE),
  /** Beyond its expiry a claim is suspect; the reaper asks the driver after this. */
  claimGraceSeconds: seconds(90 * MINUTE),
  claimOverrunSeconds: seconds(2 * HOUR),
  /** */
  rolloutDeadlineSeconds: seconds(30 * DAY),
  forecastTargetDays: z.number().positive().default(21),
  /** Documented rule of today: at most 20 % of a set, and one at a time in sets of fewer than ten. */
  setSharePercent: percent(20),
  setOneByOneBelow: z.number().int().nonnegative().default(10),
  /** At most so many of the standalone VMs that a subscription has in a region are down at once; at least one. */
  standaloneSharePercent: percent(20),
  /** What is asked before a VM is installed, and after a round; only a yes lets it go on. */
  hooks: z.array(Hook).max(10).default([]),
  /** At most so many VMs of an application are down at once, wherever they are. */
  budgets: z.array(Budget).max(BUDGETS_MAX).default([]),
  /** four to six phases. The steps of the ladder and the pairs make more than the least, never more than six. */
  phasesMin: z.number().int().positive().max(6).default(4),
  /** Regions that the table lacks, as `name:timeZone` or `name:timeZone:pair`, with an IANA time zone. */
  extraRegions: z.array(z.string()).default([]),
  /** Names of the regions of the first phase; empty: the planner takes the smallest. */
  canaryRegions: z.array(z.string()).default([]),
  /** What needs the word of an approver before it starts. */
  approvals: z.array(ApprovalRule).max(20).default([]),
  /** VMs that go before the canary phase, ring after ring. */
  rings: z.array(Ring).max(RINGS_MAX).default([]),
  batchSharePercents: z.array(z.number().positive().max(100)).default([5, 25, 70]),
  /** So many VMs of an image family may be installed before any of it has proven anything … */
  evidenceFirst: z.number().int().positive().default(5),
  /** … and after that so many times the VMs that have. */
  evidenceFactor: z.number().min(1).default(5),
  /** So many VMs of a family are under way at once, or as many as have proven healthy, whichever is more. */
  evidenceUnderWay: z.number().int().positive().default(1000),
  /** The first VMs that a rollout installs: any unhealthy one halts it. */
  canaryVms: z.number().int().nonnegative().default(5),
  /** What a good patch leaves unhealthy, and what is refused; the results must be so many times likelier at the refused rate to halt. */
  expectedUnhealthyPercent: z.number().positive().max(100).default(0.5),
  refusedUnhealthyPercent: z.number().positive().max(100).default(2),
  haltLikelihoodRatio: z.number().min(1).default(1000),
  /** Among the first so many results of an image family, so many unhealthy ones halt. */
  firstResults: z.number().int().nonnegative().default(30),
  firstResultsUnhealthyMin: z.number().int().positive().default(2),
  /** A round of which all VMs are unhealthy halts when there are at least so many. */
  roundUnhealthyMin: z.number().int().positive().default(2),
  /** A rollout halts above so many unhealthy VMs, or above this share of its eligible VMs, whichever is more. */
  rolloutUnhealthyMax: z.number().int().nonnegative().default(10),
  rolloutUnhealthyPercent: percent(0.5),
  /** Installs of a scope are held when at least this share failed of at least so many that were tried; a region, too, when so many failed in one round. */
  failedPercent: percent(30),
  failedOf: z.number().int().positive().default(5),
  batchUnknownPercent: percent(20),
  /** A phase closes for gating when this share of its VMs has an outcome … */
  phaseClosePercent: percent(90),
  /** … or after this long, with this share attempted. */
  phaseCloseAfterSeconds: seconds(3 * DAY),
  phaseEvidencePercent: percent(10),
  /** So often a VM is tried in one rollout, second chances included. */
  attemptsMax: z.number().int().positive().default(3),
  /** Windows VMs get maxPatchPublishDate = the release; these other OS types may opt in. */
  fixedReleaseOsTypes: z.array(z.enum(['Windows', 'Linux'])).default(['Windows']),
  /** VMs with this tag set to `true` are never touched. */
  excludeTag: z.string().default('lowtide-exclude'),
  timeZoneTag: z.string().default('lowtide-timezone'),
  /** images beyond the documented seven, as `publisher:offer:sku`, `*` for any run of characters. */
  extraImages: z.array(z.string()).default([]),
  /** Which platform images are supported: those of the specification of 2021, or those that Azure lists today. */
  imageProfile: z.enum(['specification', 'current']).default('specification'),
});
export type Policy = Readonly<z.infer<typeof Policy>>;

export const defaultPolicy: Policy = Policy.parse({});
