import { z } from 'zod';
import { Approval } from '../../domain/approvals';
import { Halt } from '../../domain/control';
import { Emergency } from '../../domain/emergency';
import { Month, RolloutId, Utc } from '../../domain/ids';
import { PhaseId } from '../../domain/phaseId';
import { ChainedRow } from '../../store/auditChain';
import { KeptOutcome } from '../../store/outcomes';
import { PlanSummary } from '../../store/plans';
import { Counts, named } from './shared';

export const ROLLOUT_STATES = [
  'planning',
  'waitingForInventory',
  'planFailed',
  'running',
  'paused',
  'halted',
  'ending',
  'cancelling',
  'ended',
  'cancelled',
] as const;

const summary = {
  id: RolloutId,
  kind: z.enum(['monthly', 'emergency']),
  month: Month,
  state: z.enum(ROLLOUT_STATES),
  releasedUtc: Utc,
  endsUtc: Utc,
  requestedUtc: Utc,
  requestedBy: z.string(),
  endedUtc: Utc.nullable(),
  vmCount: z.number().int().nullable(),
};

export const RolloutSummaryShape = named(
  'RolloutSummary',
  z.object(summary),
  'One line of the list of rollouts.',
);

named('Halt', Halt, 'A gate that did not open, and what a person decided about it.');
named('Outcome', KeptOutcome, 'The outcome of a VM in a rollout, and why.');
named(
  'AuditRow',
  ChainedRow,
  'One decision: who, what, why, on what evidence; with its place in a chain; each row has the hash of the row before.',
);

export const RolloutShape = named(
  'Rollout',
  z.object({
    ...summary,
    /** What an emergency was asked for; null for a monthly one. */
    emergency: Emergency.nullable(),
    /** Since when a person has it paused as a whole; null when it is not. */
    pausedSinceUtc: Utc.nullable(),
    notAdvanced: z.string().nullable(),
    waitsForInventory: z.object({ sinceUtc: Utc, why: z.string() }).nullable(),
    planFailed: z.object({ atUtc: Utc, why: z.string() }).nullable(),
    eligibleCount: z.number().int().nullable(),
    lateCount: z.number().int().nullable(),
    outcomes: Counts,
    reasons: z.record(z.string(), Counts),
    phases: z.array(
      z.object({
        phase: PhaseId,
        ring: z.string().nullable(),
        regions: z.array(z.string()),
        vmCount: z.number().int(),
        startedUtc: Utc.nullable(),
        endedUtc: Utc.nullable(),
        gate: z.object({ kind: z.enum(['open', 'stopped']), why: z.string() }).nullable(),
        /** As planned, of a phase that is through; otherwise as is expected now. Null where it depends on a person, or the rollout is over. */
        expected: PlanSummary.shape.phases.element.nullable(),
        /** Why it has no dates: a halt, a pause, an approval that is missing, or a phase before it that waits. */
        waitsFor: z.string().nullable(),
      }),
    ),
    halts: z.array(Halt),
    /** Of phases that the policy asks an approval for. */
    approvals: z.array(
      z.object({
        phase: PhaseId,
        state: z.enum(['pending', 'approved', 'used', 'lapsed', 'withdrawn', 'rejected', 'notNeeded']),
        rule: z.string(),
        validHours: z.number(),
        approval: Approval.nullable(),
      }),
    ),
  }),
  'Everything there is to report of a rollout without naming every VM.',
);

export { ChainedRow, KeptOutcome };
