import { waitsForApprover, type NeededApproval } from '../domain/approvals';
import { controlFor, type Halt, type RolloutControl } from '../domain/control';
import { addSeconds, daysBetween } from '../domain/instants';
import { DAY_SECONDS } from '../domain/timeUnits';
import type { PlanSummary } from '../store/plans';
import type { PhaseRecord } from '../store/rollouts';

type Planned = PlanSummary['phases'][number];

/** When a phase is expected, as it stands now; and what it waits for where that depends on a person. */
export interface PhaseDates {
  /** As planned, of a phase that is through; null where there are no dates. */
  readonly expected: Planned | null;
  readonly waitsFor: string | null;
}

export interface DatesFacts {
  readonly control: RolloutControl;
  readonly phases: readonly PhaseRecord[];
  readonly halts: readonly Halt[];
  readonly plan: PlanSummary | null;
  readonly approvals: readonly NeededApproval[];
  readonly nowUtc: string;
}

/**
 * Of each phase, in their order. What is not through by its plan is later by whole days: windows come once a day. Behind a phase that waits for a
 * person nothing has a date.
 */
export function phaseDates(facts: DatesFacts): readonly PhaseDates[] {
  const { control, phases, plan, nowUtc } = facts;
  let [daysLate, waiting]: [number, string | null] = [0, null];
  return phases.map((phase) => {
    const planned = plan?.phases.find((one) => one.phase === phase.phase) ?? null;
    if (phase.gate !== null) return { expected: planned, waitsFor: null };
    if (control.endedUtc !== null || control.mode === 'cancelled') return { expected: null, waitsFor: null };
    const own = waiting === null ? waitOf(phase, planned, facts) : `${waiting} comes first, and waits.`;
    if (own !== null) {
      waiting ??= phase.phase;
      return { expected: null, waitsFor: own };
    }
    if (planned === null) return { expected: null, waitsFor: null };
    daysLate = Math.max(daysLate, daysBehind(phase, planned, nowUtc));
    return { expected: laterBy(planned, daysLate), waitsFor: null };
  });
}

/** A halt or a pause stands in the phase; or an approval is missing though its planned start has passed. Until then its dates hold. */
function waitOf(
  { phase }: PhaseRecord,
  planned: Planned | null,
  { control, halts, approvals, nowUtc }: DatesFacts,
): string | null {
  const here = controlFor(control, halts, { phase, region: null }, nowUtc);
  if (here.kind === 'wait') return here.why;
  const inRegion = halts.find(
    ({ decision, asked, phase: halted, region }) =>
      decision === null && asked === undefined && halted === phase && region !== null,
  );
  if (inRegion !== undefined) return `${inRegion.region ?? ''}: ${inRegion.why}`;
  const missing = approvals.find((one) => one.phase === phase && waitsForApprover(one));
  return missing === undefined || planned === null || planned.expectedStartUtc > nowUtc
    ? null
    : `It needs an approval ${missing.rule}: ${missing.state}.`;
}

/** By its start where it has begun, at least until its planned end has passed. */
function daysBehind({ startedUtc }: PhaseRecord, planned: Planned, nowUtc: string): number {
  const { expectedStartUtc, expectedEndUtc } = planned;
  if (startedUtc === null) return Math.ceil(daysBetween(expectedStartUtc, nowUtc));
  const started = Math.round(daysBetween(expectedStartUtc, startedUtc));
  return Math.max(started, Math.ceil(daysBetween(expectedEndUtc, nowUtc)));
}

function laterBy(planned: Planned, days: number): Planned {
  if (days <= 0) return planned;
  const later = (utc: string): string => addSeconds(utc, days * DAY_SECONDS);
  const { expectedStartUtc, expectedEndUtc } = planned;
  return { ...planned, expectedStartUtc: later(expectedStartUtc), expectedEndUtc: later(expectedEndUtc) };
}
