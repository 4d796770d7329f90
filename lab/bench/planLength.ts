import { roomInSet } from '../../domain/disruption';
import type { Policy } from '../../domain/policy';
import { expectedDown, roundMs, roundNeedsMs } from '../../planning/estimate';
import type { Plan, PlannedGroup, PlannedPhase, PlannedStage } from '../../planning/plan';
import { SETS_AT_ONCE_MAX } from '../../planning/widths';
import { DAY_MS, HOUR_MS } from '../../domain/timeUnits';

/**
 * How long a plan is, in parts of what its phases need at least (`docs/performance.md`). Both are counted in days, each with one off-peak
 * window of each time zone: of a plan those from a phase's first round to its last; of the lower bound those that the rounds fill which must
 * follow each other. That a stage has so many availability sets at once is Lowtide's own choice: Infinity leaves it out of the bound.
 */
export function planLength(
  { phases }: Pick<Plan, 'phases'>,
  policy: Policy,
  setsAtOnce: number = SETS_AT_ONCE_MAX,
): number {
  const planned = phases.reduce((sum, phase) => sum + daysPlanned(phase), 0);
  const least = phases.reduce((sum, phase) => sum + daysLeast(phase, policy, setsAtOnce), 0);
  return least === 0 ? 1 : planned / least;
}

function daysPlanned({ expectedStartUtc, expectedEndUtc }: PlannedPhase): number {
  return Math.max(1, Math.ceil((Date.parse(expectedEndUtc) - Date.parse(expectedStartUtc)) / DAY_MS));
}

/** Stages of a region follow each other, also within one window; regions run side by side. */
function daysLeast({ regions }: PlannedPhase, policy: Policy, setsAtOnce: number): number {
  const windows = regions.map(({ stages }) =>
    stages.reduce((sum, stage) => sum + windowsOfStage(stage, policy, setsAtOnce), 0),
  );
  return Math.max(1, Math.ceil(Math.max(...windows)));
}

/**
 * Windows that the rounds of a stage fill which must follow each other: batches of a cohort, rounds of a set in windows of the same time zones,
 * and all sets, as many at once as the pool takes.
 */
function windowsOfStage({ groups }: PlannedStage, policy: Policy, setsAtOnce: number): number {
  const batches = new Map<number, number>();
  let [longestSet, ofSets] = [0, 0];
  for (const group of groups)
    if (group.kind === 'standalone')
      batches.set(group.cohort, (batches.get(group.cohort) ?? 0) + windowsOfBatch(group, policy));
    else {
      const windows = windowsOfSet(group, policy);
      longestSet = Math.max(longestSet, windows);
      ofSets += windows;
    }
  return Math.max(longestSet, ofSets / setsAtOnce, ...batches.values());
}

/** Of rounds side by side the smallest counts: no more than that must be waited for. */
function windowsOfBatch({ rounds, atOnce }: PlannedGroup, policy: Policy): number {
  const smallest = Math.min(...rounds.map(({ vmCount }) => vmCount));
  return Math.ceil(rounds.length / atOnce) / roundsInWindow(roundMs(policy, smallest), policy);
}

function windowsOfSet({ rounds, setSize, group }: PlannedGroup, policy: Policy): number {
  const room = roomInSet(setSize, expectedDown(setSize, group), policy);
  const windows = new Map<string, number>();
  for (const { timeZones, vmCount } of rounds) {
    const cohort = timeZones.join();
    const one = 1 / roundsInWindow(roundMs(policy, vmCount, Math.ceil(vmCount / room)), policy);
    windows.set(cohort, (windows.get(cohort) ?? 0) + one);
  }
  return Math.max(0, ...windows.values());
}

/** One that starts as the window opens, and another each time that one is done, as long as there is room for a round. */
function roundsInWindow(lengthMs: number, policy: Policy): number {
  const hours = (text: string): number => Number(text.slice(0, 2)) + Number(text.slice(3, 5)) / 60;
  const open = (hours(policy.offPeakCloses) - hours(policy.offPeakOpens) + 24) % 24 || 24;
  const lastStartMs = open * HOUR_MS - roundNeedsMs(policy);
  return Math.max(1, Math.floor(lastStartMs / lengthMs) + 1);
}
