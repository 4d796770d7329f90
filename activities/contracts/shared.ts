import { z } from 'zod';
import { RolloutId } from '../../domain/ids';
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

/** Where rounds are run one after another: a set, or the standalone batches of a stage (`group` null). */
export const RoundScope = z.object({
  rolloutId: RolloutId,
  phase: PhaseId,
  region: z.string(),
  stage: z.string(),
  group: z.string().nullable(),
});
export type RoundScope = Readonly<z.infer<typeof RoundScope>>;

export const RoundRef = RoundScope.extend({ group: z.string(), round: z.number().int() });
export type RoundRef = Readonly<z.infer<typeof RoundRef>>;
