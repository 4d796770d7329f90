import { z } from 'zod';

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

/** Every number an operator may turn, with the default of design sections 3 to 6. Durations are in seconds. */
export const Policy = z.object({
  /** Off-peak hours in the VM's own time zone. Equal times mean: always open. */
  offPeakOpens: localTime('22:00'),
  offPeakCloses: localTime('06:00'),
  /** every few days, several times in any 30. */
  assessmentEverySeconds: seconds(3 * DAY),
  /** Longest wait for one assessment. */
  assessmentTimeoutSeconds: seconds(60 * MINUTE),
  assessmentPollSeconds: seconds(5 * MINUTE),
  /** Polls of a running installation back off from the first to the last. */
  installPollFirstSeconds: seconds(1 * MINUTE),
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
  phasesMin: z.number().int().positive().default(4),
  phasesMax: z.number().int().positive().default(6),
  /** Names of the regions of the first phase; empty: the planner takes the smallest. */
  canaryRegions: z.array(z.string()).default([]),
  batchSharePercents: z.array(z.number().positive().max(100)).default([5, 25, 70]),
  batchUnhealthyPercent: percent(20),
  batchUnhealthyMin: z.number().int().positive().default(2),
  scopeUnhealthyPercent: percent(5),
  scopeUnhealthyMin: z.number().int().positive().default(2),
  batchFailedPercent: percent(30),
  batchFailedOf: z.number().int().positive().default(5),
  batchUnknownPercent: percent(20),
  /** A phase closes for gating when this share of its VMs has an outcome … */
  phaseClosePercent: percent(90),
  /** … or after this long, with this share attempted. */
  phaseCloseAfterSeconds: seconds(3 * DAY),
  phaseEvidencePercent: percent(10),
  /** After a phase without evidence, the next may attempt at most so many times the VMs proven so far. */
  unprovenFactor: z.number().positive().default(10),
  /** Windows VMs get maxPatchPublishDate = the release; these other OS types may opt in. */
  fixedReleaseOsTypes: z.array(z.enum(['Windows', 'Linux'])).default(['Windows']),
  /** VMs with this tag set to `true` are never touched. */
  excludeTag: z.string().default('lowtide-exclude'),
  timeZoneTag: z.string().default('lowtide-timezone'),
  /** images beyond the documented seven, as `publisher:offer:sku`, `*` for any run of characters. */
  extraImages: z.array(z.string()).default([]),
});
export type Policy = Readonly<z.infer<typeof Policy>>;

export const defaultPolicy: Policy = Policy.parse({});
