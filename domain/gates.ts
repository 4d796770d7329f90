import { addSeconds } from './instants';
import { isAlwaysOpen, windowMsAtOrAfter } from './offPeak';
import type { OutcomeCounts } from './outcomeCounts';
import type { Policy } from './policy';
import type { PhaseId } from './phaseId';
import { SECOND_MS } from './timeUnits';

/** VMs whose health after the update is evidence: an install that failed is counted apart. */
const knownHealth = (counts: OutcomeCounts): number => counts.patched + counts.upToDate + counts.unhealthy;

export const attempted = (counts: OutcomeCounts): number => knownHealth(counts) + counts.failed;

export type GateVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'halt'; readonly why: string }
  | { readonly kind: 'hold'; readonly why: string };

const open: GateVerdict = { kind: 'open' };

/**
 * After a round, beside what its evidence says (`evidenceRules.ts`): too much silence holds its region. Silence is no proof of a bad patch,
 * and none of a good one.
 */
export function checkSilence(counts: OutcomeCounts, policy: Policy): GateVerdict {
  const { unknown } = counts;
  const health = knownHealth(counts);
  if (health > 0 && unknown >= 2 && unknown * 100 > health * policy.batchUnknownPercent)
    return { kind: 'hold', why: `the health of ${unknown} of ${health} VMs of the batch stayed unknown` };
  return open;
}

/** A phase in which installations were tried and not one VM came out proven: its gate holds. */
export function checkPhaseProof(phase: PhaseId, counts: OutcomeCounts): GateVerdict {
  const { patched, upToDate, failed } = counts;
  if (failed === 0 || patched + upToDate > 0) return open;
  return { kind: 'hold', why: `every installation of ${phase} failed (${failed}), so it proves nothing` };
}

export interface PhaseProgress {
  readonly planned: number;
  readonly counts: OutcomeCounts;
  /** Regions of the phase in which no VM has an outcome yet. */
  readonly silentRegions: readonly string[];
  readonly startedUtc: string;
  /** `closesByTimeMs`, as it was when the phase began; null for one that an earlier version began. */
  readonly closesUtc: string | null;
}

/** Nearly all of so many, so that what comes next need not wait for the rest. */
export const areMostlyDone = (
  done: number,
  all: number,
  { phaseClosePercent }: Pick<Policy, 'phaseClosePercent'>,
): boolean => done * 100 >= all * phaseClosePercent;

/**
 * Whether a phase is ready for its gate: nearly every VM has an outcome and every region has some, or enough windows have
 * passed with enough evidence. The rest are stragglers.
 */
export function phaseIsClosed(progress: PhaseProgress, nowUtc: string, policy: Policy): boolean {
  const { planned, counts, silentRegions } = progress;
  const done = attempted(counts) + counts.deferred + counts.skipped;
  if (silentRegions.length === 0 && areMostlyDone(done, planned, policy)) return true;
  const evidence = Math.max(1, (planned * policy.phaseEvidencePercent) / 100);
  return nowUtc >= closesOf(progress, policy) && attempted(counts) >= evidence;
}

/** When a phase whose evidence does not close it may close by the passing of time; null when that instant is past. */
export function nextCloseUtc(progress: PhaseProgress, nowUtc: string, policy: Policy): string | null {
  const closesUtc = closesOf(progress, policy);
  return closesUtc > nowUtc ? closesUtc : null;
}

const closesOf = ({ startedUtc, closesUtc }: PhaseProgress, policy: Policy): string =>
  closesUtc ?? addSeconds(startedUtc, policy.phaseCloseAfterSeconds);

/**
 * When a phase that begins at an instant may close by the passing of time: `phaseCloseAfterSeconds` later, or when before that the last window of
 * its VMs is over, and the soak of what was installed in it. Until the next one opens no more is learnt, and the phase behind it would lose a day.
 */
export function closesByTimeMs(startMs: number, calendars: Iterable<string>, policy: Policy): number {
  const latestMs = startMs + policy.phaseCloseAfterSeconds * SECOND_MS;
  let lastMs = -Infinity;
  for (const calendar of calendars) {
    if (isAlwaysOpen(calendar, policy)) return latestMs;
    for (let fromMs = startMs; fromMs < latestMs;) {
      const { opensMs, closesMs } = windowMsAtOrAfter(calendar, policy, fromMs);
      if (opensMs >= latestMs) break;
      lastMs = Math.max(lastMs, closesMs);
      fromMs = closesMs;
    }
  }
  return lastMs === -Infinity ? latestMs : Math.min(latestMs, lastMs + policy.soakSeconds * SECOND_MS);
}
