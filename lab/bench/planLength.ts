import type { Policy } from '../../domain/policy';
import { roundMs, roundNeedsMs } from '../../planning/estimate';
import type { Plan, PlannedPhase, PlannedRound, PlannedStage } from '../../planning/plan';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * How long a plan is, in parts of what its phases need at least (`docs/performance.md`). Both are counted in days, each with one off-peak
 * window of each time zone: of a plan those from a phase's first round to its last; of the lower bound those that the rounds fill which must
 * follow each other.
 */
export function planLength({ phases }: Pick<Plan, 'phases'>, policy: Policy): number {
  const planned = phases.reduce((sum, phase) => sum + daysPlanned(phase), 0);
  const least = phases.reduce((sum, phase) => sum + daysLeast(phase, policy), 0);
  return least === 0 ? 1 : planned / least;
}

function daysPlanned({ expectedStartUtc, expectedEndUtc }: PlannedPhase): number {
  return Math.max(1, Math.ceil((Date.parse(expectedEndUtc) - Date.parse(expectedStartUtc)) / DAY_MS));
}

/** Stages of a region follow each other, also within one window; regions run side by side. */
function daysLeast({ regions }: PlannedPhase, policy: Policy): number {
  const inWindow = roundsInWindow(policy);
  const windows = regions.map(({ stages }) =>
    stages.reduce((sum, stage) => sum + roundsInTurn(stage) / inWindow, 0),
  );
  return Math.max(1, Math.ceil(Math.max(...windows)));
}

/** Rounds of a stage that must follow each other in windows of the same time zones: batches of a cohort, and rounds of a set. */
function roundsInTurn({ groups }: PlannedStage): number {
  const batches = new Map<number, number>();
  let longestSet = 0;
  for (const { kind, cohort, atOnce, rounds } of groups)
    if (kind === 'standalone')
      batches.set(cohort, (batches.get(cohort) ?? 0) + Math.ceil(rounds.length / atOnce));
    else longestSet = Math.max(longestSet, mostOfOneCohort(rounds));
  return Math.max(longestSet, ...batches.values());
}

function mostOfOneCohort(rounds: readonly PlannedRound[]): number {
  const counts = new Map<string, number>();
  for (const { timeZones } of rounds) {
    const cohort = timeZones.join();
    counts.set(cohort, (counts.get(cohort) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** One that starts as the window opens, and another each time that one is done, as long as there is room for a round. */
function roundsInWindow(policy: Policy): number {
  const hours = (text: string): number => Number(text.slice(0, 2)) + Number(text.slice(3, 5)) / 60;
  const open = (hours(policy.offPeakCloses) - hours(policy.offPeakOpens) + 24) % 24 || 24;
  const lastStartMs = open * HOUR_MS - roundNeedsMs(policy);
  return Math.max(1, Math.floor(lastStartMs / roundMs(policy, 1)) + 1);
}
