import { z } from 'zod';
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
  enablementRetryFirstSeconds: true,
  enablementRetryLastSeconds: true,
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

/** The row of the agenda that a sweep was started for. Null: it was not there. */
export const SeenDue = z
  .object({ dueUtc: Utc, etag: z.string(), listed: AgreedListing.exactOptional() })
  .nullable();
export type SeenDue = Readonly<z.infer<typeof SeenDue>>;
