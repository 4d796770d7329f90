import { secondsBetween } from '../domain/instants';
import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import type { Policy } from '../domain/policy';
import type { DueRow } from '../store/assessments';

/**
 * of the VMs that are due, those whose off-peak hours are now and last long enough. Deterministic, so that the list and its
 * ranges can be computed twice.
 */
export function openNow(rows: readonly DueRow[], nowUtc: string, policy: Policy): readonly DueRow[] {
  const openZones = new Map<string, boolean>();
  return rows.filter(({ timeZone }) => {
    const known = openZones.get(timeZone);
    if (known !== undefined) return known;
    const window = windowAtOrAfter(timeZone, policy, nowUtc);
    const left = secondsBetween(nowUtc, window.closesUtc);
    const open = isOpen(window, nowUtc) && left >= policy.assessmentPollSeconds * 4;
    openZones.set(timeZone, open);
    return open;
  });
}

/** A batch's results pass through its orchestration as one message of under 16 KB. */
export const ASSESSED_TOGETHER_MAX = 30;
