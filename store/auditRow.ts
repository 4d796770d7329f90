import { z } from 'zod';
import { Utc, VmId } from '../domain/ids';

/** One decision: who, what, why, on what evidence. Rows are added, never changed. */
export const AuditRow = z.object({
  atUtc: Utc,
  who: z.string(),
  what: z.enum([
    'rolloutRequested',
    'rolloutPlanned',
    'phaseStarted',
    'gateOpened',
    'halted',
    'held',
    'paused',
    'resumed',
    'skipped',
    'cancelled',
    'waived',
    'frozen',
    'freezeLifted',
    'excluded',
    'exclusionLifted',
    'exclusionEnds',
    'policyApplied',
    'approvalNeeded',
    'approved',
    'approvalRejected',
    'approvalWithdrawn',
    'hookAsked',
    'hookAnswered',
    'atRisk',
    'installStarted',
    'installEnded',
    'claimOverrun',
    'listingDoubted',
    'vmMoved',
    'listingAccepted',
    'takenOver',
    'planFailed',
    'rolloutEnded',
  ]),
  /** What the row is about: a phase, a round, a VM's ARM id. */
  subject: z.string(),
  vmId: VmId.nullable(),
  why: z.string(),
  evidence: z.record(z.string(), z.unknown()),
});
export type AuditRow = Readonly<z.infer<typeof AuditRow>>;
