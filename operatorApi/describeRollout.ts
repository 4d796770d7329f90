import { approvalFacts } from '../activities/rollout/control';
import type { Services } from '../activities/services';
import { neededApprovals } from '../domain/approvals';
import { pausedSince, type Halt, type RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { notFound } from './openRollout';
import { hostVersion, whyNotAdvanced } from './hostVersion';
import { phaseDates } from './phaseDates';

type Counts = Record<string, number>;

/** One line of the list of rollouts. */
export function summarizeRollout(
  control: RolloutControl,
  halts: readonly Halt[],
  nowUtc: string,
): Record<string, unknown> {
  const { rolloutId, month, releasedUtc, endsUtc, requestedUtc, requestedBy, endedUtc, vmCount } = control;
  return {
    id: rolloutId,
    kind: control.emergency === undefined ? 'monthly' : 'emergency',
    month,
    state: stateOf(control, halts, nowUtc),
    releasedUtc,
    endsUtc,
    requestedUtc,
    requestedBy,
    endedUtc,
    vmCount,
  };
}

/** A rollout that runs and has a halt without an answer is halted. */
export function stateOf(control: RolloutControl, halts: readonly Halt[], nowUtc: string): string {
  const own = ownState(control, nowUtc);
  const isHalted = halts.some(({ decision, kind }) => decision === null && kind === 'halt');
  return isHalted && own === 'running' ? 'halted' : own;
}

function ownState(control: RolloutControl, nowUtc: string): string {
  if (control.endedUtc !== null) return control.mode === 'cancelled' ? 'cancelled' : 'ended';
  // Cancelled is what a person decided; the rollout is over when what was in flight has ended and every VM has its outcome.
  if (control.mode === 'cancelled') return 'cancelling';
  if (control.mode === 'running' && nowUtc >= control.endsUtc) return 'ending';
  if (control.plannedUtc !== null || control.mode !== 'running') return control.mode;
  if (control.planFailed) return 'planFailed';
  return control.waitsForInventory ? 'waitingForInventory' : 'planning';
}

/** Everything there is to report of a rollout without naming every VM: outcomes, reasons, phases with their gates, open halts. */
export async function describeRollout(services: Services, id: RolloutId): Promise<Record<string, unknown>> {
  const control = await services.rollouts.read(id);
  if (control === null) throw notFound(id);
  const [totals, phases, halts, plan, approvals] = await Promise.all([
    services.outcomes.totals(id),
    services.rollouts.phases(id),
    services.rollouts.haltsOf(control),
    services.plans.readSummary(id),
    approvalFacts(services, id),
  ]);
  const counts: Counts = {};
  const reasons: Record<string, Counts> = {};
  for (const [kind, ofKind] of Object.entries(totals.reasons)) {
    const count = Object.values(ofKind).reduce((sum, one) => sum + one, 0);
    if (count === 0) continue;
    counts[kind] = count;
    reasons[kind] = { ...ofKind };
  }
  const needed = approvals === undefined ? [] : neededApprovals(approvals, services.nowUtc());
  const nowUtc = services.nowUtc();
  const dates = phaseDates({ control, phases, halts, plan, approvals: needed, nowUtc });
  return {
    ...summarizeRollout(control, halts, nowUtc),
    emergency: control.emergency ?? null,
    pausedSinceUtc: pausedSince(control),
    notAdvanced: control.endedUtc === null ? whyNotAdvanced(control.version ?? null, hostVersion()) : null,
    waitsForInventory: control.endedUtc === null ? (control.waitsForInventory ?? null) : null,
    planFailed: control.plannedUtc === null ? (control.planFailed ?? null) : null,
    eligibleCount: plan?.vmCount ?? null,
    lateCount: plan?.lateCount ?? null,
    outcomes: counts,
    reasons,
    phases: phases.map(({ phase, regions, vmCount, startedUtc, gate, ring }, n) => ({
      phase,
      ring: ring ?? null,
      regions,
      vmCount,
      startedUtc,
      endedUtc: gate?.atUtc ?? null,
      gate: gate === null ? null : { kind: gate.kind, why: gate.why },
      expected: dates[n]?.expected ?? null,
      waitsFor: dates[n]?.waitsFor ?? null,
    })),
    halts,
    approvals: needed,
  };
}
