import { z } from 'zod';
import { Utc } from './ids';
import { addSeconds } from './instants';
import { PolicyName } from './ownWindows';
import { PhaseId } from './phaseId';

/** Before what of a rollout an approver is asked: a phase by its number, a ring, or the phase that takes it beyond a share of its VMs. */
export const ApprovalRule = z.strictObject({
  before: z
    .union([
      z.strictObject({ phase: z.number().int().positive().describe('Number of a phase, from 1.') }),
      z.strictObject({ ring: PolicyName.describe('Name of a ring.') }),
      z.strictObject({
        sharePercent: z
          .number()
          .min(0)
          .max(100)
          .describe('Percent of the VMs: before the phase that takes the rollout beyond it.'),
      }),
    ])
    .describe('Before what an approver is asked: a phase, a ring, or a share of the VMs.'),
  validHours: z
    .number()
    .positive()
    .max(720)
    .default(168)
    .describe('Hours after which an approval that its phase has not used has lapsed. Default: 168.'),
});
export type ApprovalRule = Readonly<z.infer<typeof ApprovalRule>>;

const Said = z.object({ by: z.string(), reason: z.string(), atUtc: Utc });

/** What a person said of a phase that needs an approval; the last word counts. */
export const Approval = z.object({
  phase: PhaseId,
  ...Said.shape,
  /** Not used by then, it has lapsed. */
  untilUtc: Utc,
  withdrawn: Said.nullable(),
  /** An approver said no, and why; the phase goes on waiting. */
  rejected: z.boolean().exactOptional(),
});
export type Approval = Readonly<z.infer<typeof Approval>>;

/** What is looked at of a phase; in the order of the rollout. */
export interface GatedPhase {
  readonly phase: PhaseId;
  readonly vmCount: number;
  readonly startedUtc: string | null;
  /** Null or absent for a phase of regions. */
  readonly ring?: string | null | undefined;
}

export interface ApprovalFacts {
  readonly rules: readonly ApprovalRule[];
  readonly phases: readonly GatedPhase[];
  readonly given: readonly Approval[];
}

export interface NeededApproval {
  readonly phase: PhaseId;
  /** `notNeeded`: the phase had begun before anything asked for one. */
  readonly state: 'pending' | 'approved' | 'used' | 'lapsed' | 'withdrawn' | 'rejected' | 'notNeeded';
  /** What asks for it, in words. */
  readonly rule: string;
  readonly validHours: number;
  readonly approval: Approval | null;
}

/** Every phase that needs an approval, and how that stands. */
export function neededApprovals(facts: ApprovalFacts, nowUtc: string): readonly NeededApproval[] {
  return facts.phases.flatMap((phase) => {
    const rule = facts.rules.find((one) => isBefore(one, phase, facts.phases));
    if (rule === undefined) return [];
    const approval = facts.given.find((one) => one.phase === phase.phase) ?? null;
    const state = stateOf(phase, approval, nowUtc);
    const { validHours } = rule;
    return [{ phase: phase.phase, state, rule: describeRule(rule), validHours, approval }];
  });
}

/** Why nothing may start in a phase until an approver has said so; null when it may. */
export function approvalMissing(facts: ApprovalFacts, phase: PhaseId, nowUtc: string): string | null {
  const needed = neededApprovals(facts, nowUtc).find((one) => one.phase === phase);
  if (needed === undefined) return null;
  const { state, rule, approval } = needed;
  if (state === 'pending') return `It waits for an approval ${rule}.`;
  if (state === 'lapsed')
    return `It waits for an approval ${rule}: that of ${approval?.by ?? ''} lapsed at ${approval?.untilUtc ?? ''}.`;
  if (state === 'rejected')
    return `It waits for an approval ${rule}: ${approval?.by ?? ''} rejected it, ${approval?.reason ?? ''}`;
  if (state !== 'withdrawn') return null;
  const { by, reason } = approval?.withdrawn ?? { by: '', reason: '' };
  return `It waits for an approval ${rule}: ${by} withdrew it, ${reason}`;
}

const WAITING: ReadonlySet<NeededApproval['state']> = new Set(['pending', 'lapsed', 'withdrawn', 'rejected']);

/** Whether nothing may start in the phase before an approver has said so. */
export const waitsForApprover = ({ state }: Pick<NeededApproval, 'state'>): boolean => WAITING.has(state);

/** The untilUtc of an approval that is given now. */
export const lapsesUtc = (nowUtc: string, validHours: number): string =>
  addSeconds(nowUtc, validHours * 3600);

function stateOf(
  { startedUtc }: GatedPhase,
  approval: Approval | null,
  nowUtc: string,
): NeededApproval['state'] {
  if (approval?.withdrawn) return 'withdrawn';
  if (approval?.rejected) return 'rejected';
  if (startedUtc !== null) return approval === null ? 'notNeeded' : 'used';
  if (approval === null) return 'pending';
  return nowUtc < approval.untilUtc ? 'approved' : 'lapsed';
}

function isBefore(
  { before }: ApprovalRule,
  { phase, ring }: GatedPhase,
  phases: readonly GatedPhase[],
): boolean {
  if ('phase' in before) return phase === `phase-${before.phase}`;
  if ('ring' in before)
    return phases.find((one) => one.ring === before.ring)?.phase === phase && ring !== null;
  const total = vmCountOf(phases);
  const at = phases.findIndex((one) => one.phase === phase);
  const beyond = (count: number): boolean =>
    vmCountOf(phases.slice(0, count)) * 100 > total * before.sharePercent;
  return beyond(at + 1) && !beyond(at);
}

const vmCountOf = (phases: readonly GatedPhase[]): number =>
  phases.reduce((sum, { vmCount }) => sum + vmCount, 0);

function describeRule({ before }: ApprovalRule): string {
  if ('phase' in before) return `before phase ${before.phase}`;
  if ('ring' in before) return `before ring ${before.ring}`;
  return `before more than ${before.sharePercent} % of its VMs`;
}
