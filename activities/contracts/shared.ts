import { z } from 'zod';
import { StopReason, WaitReason } from '../../domain/control';
import { RolloutId, Utc } from '../../domain/ids';
import { AgreedListing } from '../../domain/inventoryChanges';
import { PhaseId } from '../../domain/phaseId';
import { Policy } from '../../domain/policy';

/**
 * What an orchestrator may know of an activity: its name and the shapes that cross the wire. Inputs and outputs are objects under
 * 16 KB. Contracts outlive deployments: they change by addition only.
 */
export interface ActivityContract {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** Why nothing new starts: `wait` passes when a person decides, `stop` never does. */
export const NotNow = [
  z.object({ kind: z.literal('wait'), reason: WaitReason, why: z.string() }),
  z.object({ kind: z.literal('stop'), reason: StopReason }),
] as const;

/** The part of the policy that paces waits. It travels with the inputs, so that a replay never sees another value. */
export const Pace = Policy.pick({
  assessmentTimeoutSeconds: true,
  assessmentPollSeconds: true,
  installPollFirstSeconds: true,
  installPollLastSeconds: true,
  soakSeconds: true,
  healthPollSeconds: true,
  unknownTimeoutSeconds: true,
  bakeAfterCanarySeconds: true,
  bakeSeconds: true,
  claimPollFirstSeconds: true,
  claimPollLastSeconds: true,
  ticketLapseSeconds: true,
  wakeFallbackSeconds: true,
});
export type Pace = Readonly<z.infer<typeof Pace>>;

/** A set, or a batch, of a stage: its rounds share a group. */
export const GroupScope = z.object({
  rolloutId: RolloutId,
  phase: PhaseId,
  region: z.string(),
  stage: z.string(),
  group: z.string(),
});
export type GroupScope = Readonly<z.infer<typeof GroupScope>>;

export const RoundRef = GroupScope.extend({ round: z.number().int() });
export type RoundRef = Readonly<z.infer<typeof RoundRef>>;

/** A batch: how many rounds it has, and how many of them run side by side. */
export const PlannedBatch = z.object({
  group: z.string(),
  rounds: z.number().int(),
  atOnce: z.number().int(),
});

/** The stages of a region, in order: batches of standalone VMs by window cohort, and the sets. */
export const RegionStages = z.array(
  z.object({
    stage: z.string(),
    tracks: z.array(z.object({ cohort: z.number().int(), batches: z.array(PlannedBatch) })),
    setCount: z.number().int(),
    /** Groups of the sets; empty where the region has more than run at once: they are taken one by one. */
    sets: z.array(z.string()),
  }),
);
export type RegionStages = z.infer<typeof RegionStages>;

/** The row of the agenda that a sweep was started for. Null: it was not there. */
export const SeenDue = z
  .object({ dueUtc: Utc, etag: z.string(), listed: AgreedListing.exactOptional() })
  .nullable();
export type SeenDue = Readonly<z.infer<typeof SeenDue>>;
