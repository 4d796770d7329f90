import { z } from 'zod';
import { Month, RolloutId, Utc } from './ids';
import { approvalMissing, type ApprovalFacts } from './approvals';
import { Emergency } from './emergency';
import { ControlScope, describeScope, isInScope, type ScopedPlace } from './controlScope';
import { StoppedScope } from './evidenceRules';
import { later } from './instants';
import { PhaseId } from './phaseId';
import { OutcomeReason } from './reasons';

/** The row that decides about a rollout: whether it exists, whether it may go on. At most one monthly one is open. */
export const RolloutControl = z.object({
  rolloutId: RolloutId,
  month: Month,
  releasedUtc: Utc,
  /** Nothing may be in flight after this instant. */
  endsUtc: Utc,
  /** What is said of VMs that were not reached by then. */
  endsBecause: z.enum(['superseded', 'deadlinePassed']),
  mode: z.enum(['running', 'paused', 'cancelled', 'ended']),
  /** Since when a person has it in this mode. Absent while no person has changed it. */
  modeSinceUtc: Utc.exactOptional(),
  /** Who cancelled it and why: the audit has it from here. Absent while it is not cancelled, and in rows of an earlier version. */
  cancelled: z.object({ by: z.string(), reason: z.string(), atUtc: Utc }).exactOptional(),
  generation: z.number().int(),
  requestedUtc: Utc,
  requestedBy: z.string(),
  plannedUtc: Utc.nullable(),
  endedUtc: Utc.nullable(),
  vmCount: z.number().int().nullable(),
  /** How many of them came after the plan was made. Absent: none. */
  joinedCount: z.number().int().exactOptional(),
  /** Why there is no plan yet: the driver listed no VM. Null or absent when that is not so. */
  waitsForInventory: z.object({ sinceUtc: Utc, why: z.string() }).nullable().optional(),
  /** Why the last try to plan it failed; it is tried again. Null or absent when none did. */
  planFailed: z.object({ atUtc: Utc, why: z.string() }).nullable().optional(),
  seed: z.string(),
  /** The task hub whose host runs it; no other host starts, revives or decides it. Absent in rows of an earlier version. */
  hub: z.string().nullable().optional(),
  /** Raised when another hub takes it over: what was granted before starts nothing any more. */
  epoch: z.number().int().default(1),
  /** False until it is halted, held or paused in part for the first time: it has no halts to be read. Absent in rows of an earlier version. */
  hasHalts: z.boolean().exactOptional(),
  /** Of the host that started its orchestration. Absent in rows of an earlier version. */
  version: z.string().nullable().optional(),
  /** Absent in the row of a monthly rollout. */
  emergency: Emergency.exactOptional(),
});
export type RolloutControl = Readonly<z.infer<typeof RolloutControl>>;

/** Since when a person has it paused; null when it is not. */
export const pausedSince = ({ mode, modeSinceUtc }: RolloutControl): string | null =>
  mode === 'paused' ? (modeSinceUtc ?? null) : null;

export const Decision = z.object({
  kind: z.enum(['resume', 'skip', 'cancel']),
  by: z.string(),
  reason: z.string(),
  atUtc: Utc,
});
export type Decision = Readonly<z.infer<typeof Decision>>;

/** A gate that did not open: a `halt` stops the rollout, a `hold` its region. It waits for the decision of a person. */
export const Halt = z.object({
  haltId: z.string(),
  kind: z.enum(['halt', 'hold']),
  phase: PhaseId,
  /** Null when the phase as a whole is concerned. */
  region: z.string().nullable(),
  why: z.string(),
  atUtc: Utc,
  decision: Decision.nullable(),
  /** What it stops, where that is not its region or the whole: every VM of an image family, or the rollout everywhere. */
  scope: StoppedScope.exactOptional(),
  /** A person asked for it, of this part of the rollout: no gate has stopped. */
  asked: ControlScope.exactOptional(),
});
export type Halt = Readonly<z.infer<typeof Halt>>;

/** A person decides when these pass. */
export const WaitReason = OutcomeReason.extract(['rolloutPaused', 'rolloutHalted', 'approvalPending']);
export type WaitReason = z.infer<typeof WaitReason>;

/** These never pass: nothing new will start in that place. */
export const StopReason = OutcomeReason.extract([
  'superseded',
  'deadlinePassed',
  'operatorSkipped',
  'rolloutCancelled',
]);
export type StopReason = z.infer<typeof StopReason>;

export type Control =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly reason: WaitReason; readonly why: string }
  | { readonly kind: 'stop'; readonly reason: StopReason };

/** May something new start here now? `region` null asks for a phase as a whole. Paused, halted, over and not approved come before go (INV-6, INV-9). */
export function controlFor(
  control: RolloutControl,
  halts: readonly Halt[],
  where: ControlledPlace,
  nowUtc: string,
  approvals?: ApprovalFacts,
): Control {
  if (control.mode === 'cancelled') return { kind: 'stop', reason: 'rolloutCancelled' };
  if (control.mode === 'ended' || nowUtc >= control.endsUtc)
    return { kind: 'stop', reason: control.endsBecause };
  if (halts.some((halt) => halt.decision?.kind === 'skip' && concerns(halt, where)))
    return { kind: 'stop', reason: 'operatorSkipped' };
  if (halts.some(({ asked, decision }) => asked && decision?.kind === 'cancel' && isInScope(asked, where)))
    return { kind: 'stop', reason: 'rolloutCancelled' };
  if (control.mode === 'paused')
    return { kind: 'wait', reason: 'rolloutPaused', why: 'A person paused the rollout.' };
  const standing = halts.find((halt) => halt.decision === null && stops(halt, where));
  if (standing?.asked)
    return { kind: 'wait', reason: 'rolloutPaused', why: pausedBecause(standing.asked, standing.why) };
  if (standing) return { kind: 'wait', reason: 'rolloutHalted', why: standing.why };
  const missing = approvals === undefined ? null : approvalMissing(approvals, where.phase, nowUtc);
  return missing === null ? { kind: 'go' } : { kind: 'wait', reason: 'approvalPending', why: missing };
}

export const pausedBecause = (scope: ControlScope, reason: string): string =>
  `A person paused ${describeScope(scope)}: ${reason}`;

/** Where something is about to start. `family` is absent where no single VM is asked about. */
export interface ControlledPlace extends ScopedPlace {
  readonly family?: string;
}

/**
 * A halt stops everything unless its scope is narrower: a region (which also keeps gates shut), an image family, while others go on, or
 * nothing but the gate of its phase.
 */
function stops(halt: Halt, where: ControlledPlace): boolean {
  const { kind, region, scope, asked } = halt;
  if (asked) return isInScope(asked, where);
  if (scope?.kind === 'family') return where.family === scope.family;
  if (kind === 'hold' && region === null && scope === undefined)
    return where.region === null && where.phase === halt.phase;
  const regional = scope === undefined ? kind === 'hold' : scope.kind === 'region';
  if (!regional) return true;
  return where.region === null ? kind === 'halt' : region === where.region;
}

/** A skip gives up the family or the region of its halt, or the whole phase. */
function concerns(halt: Halt, where: ControlledPlace): boolean {
  if (halt.asked) return isInScope(halt.asked, where);
  if (halt.scope?.kind === 'family') return where.family === halt.scope.family;
  if (halt.phase !== where.phase) return false;
  return halt.region === null || halt.region === where.region;
}

/** Evidence that a person has already decided on is not held against the rollout a second time. */
export function decidedUntil(
  halts: readonly Halt[],
  where: { readonly phase: PhaseId; readonly region: string | null },
): string | null {
  const answers = halts
    .filter((halt) => halt.decision !== null && halt.phase === where.phase && !halt.asked)
    .filter((halt) => where.region === null || halt.region === null || halt.region === where.region)
    .map((halt) => halt.decision?.atUtc ?? '');
  return answers.length === 0 ? null : answers.reduce(later);
}
