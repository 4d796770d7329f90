import { z } from 'zod';
import { SubscriptionShare } from '../domain/disruption';
import { AvailabilitySetId, Month, RolloutId, Utc, VmId } from '../domain/ids';
import { OutcomeReason } from '../domain/reasons';

/** The VMs that are down together: one update domain's share of a set, or a batch of standalone VMs, that share a window. */
export const PlannedRound = z.object({
  round: z.number().int().positive(),
  updateDomain: z.number().int().nullable(),
  /** At most ROUND_SIZE_MAX. */
  vmIds: z.array(VmId),
  vmCount: z.number().int(),
  /** IANA zones of its VMs: they say when it may run. */
  timeZones: z.array(z.string()),
  /** Its VMs by subscription, where that has more than one standalone VM in the region, with the share that may be down. */
  subscriptions: z.array(SubscriptionShare),
  /** So long after the first rounds of its batch it begins, to keep the patch-call budget. */
  delaySeconds: z.number().int().nonnegative(),
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
});
export type PlannedRound = Readonly<z.infer<typeof PlannedRound>>;

/** Rounds of a set run one after another, those of a batch side by side. */
export const PlannedGroup = z.object({
  /** `batch-1` (`batch-1-cohort-2` of the second window cohort), or the key of the availability set. Unique in its stage. */
  group: z.string(),
  kind: z.enum(['availabilitySet', 'standalone']),
  availabilitySetId: AvailabilitySetId.nullable(),
  /** All members of the set in the inventory, eligible or not; 0 for standalone. */
  setSize: z.number().int().nonnegative(),
  /** Window cohort of a batch, from 1: batches of one cohort run one after another. 0 for sets. */
  cohort: z.number().int().nonnegative(),
  /** So many rounds at once, as far as shares allow. */
  atOnce: z.number().int().positive(),
  vmCount: z.number().int(),
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
  rounds: z.array(PlannedRound),
});
export type PlannedGroup = Readonly<z.infer<typeof PlannedGroup>>;

/** Stages of a region run one after another. In each the sets run beside the standalone batches. */
export const PlannedStage = z.object({
  /** `zone-1` or `regional`. */
  stage: z.string(),
  zone: z.string().nullable(),
  vmCount: z.number().int(),
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
  groups: z.array(PlannedGroup),
});
export type PlannedStage = Readonly<z.infer<typeof PlannedStage>>;

export const PlannedRegion = z.object({
  region: z.string(),
  vmCount: z.number().int(),
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
  stages: z.array(PlannedStage),
});
export type PlannedRegion = Readonly<z.infer<typeof PlannedRegion>>;

export const PlannedPhase = z.object({
  phase: z.number().int().positive(),
  /** Absent for a phase of regions. */
  ring: z.string().exactOptional(),
  vmCount: z.number().int(),
  /** When nearly every VM has an outcome, and the gate to the next phase opens; stragglers go on. */
  expectedGateUtc: Utc,
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
  regions: z.array(PlannedRegion),
});
export type PlannedPhase = Readonly<z.infer<typeof PlannedPhase>>;

export const PlannedAbsence = z.object({ vmId: VmId, reason: OutcomeReason, detail: z.string() });

/** What will happen to which VM, and when, before anything happens. The same inventory in any order gives the same plan. */
export const Plan = z.object({
  rolloutId: RolloutId,
  month: Month,
  releasedUtc: Utc,
  /** The earlier of the deadline (30 days) and the next release: nothing starts that could not end by then. */
  endsUtc: Utc,
  vmCount: z.number().int(),
  phases: z.array(PlannedPhase),
  ineligible: z.array(PlannedAbsence),
  /** VMs that are planned but whose forecast passes the target day or the end; with the reason. */
  late: z.array(z.object({ vmId: VmId, expectedStartUtc: Utc, detail: z.string() })),
});
export type Plan = Readonly<z.infer<typeof Plan>>;

/** At most so many VMs in one round: 90 is what one episode of an orchestrator may schedule (design section 11), less a margin. */
export const ROUND_SIZE_MAX = 80;
