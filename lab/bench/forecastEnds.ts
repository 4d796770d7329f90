import { z } from 'zod';
import type { RolloutId } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import type { Month } from '../../domain/ids';
import { PlanSummary } from '../../store/plans';
import type { Store } from '../../store/store';

/** How far the end of a phase was from its forecast. */
export interface PhaseEnd {
  readonly phase: string;
  readonly forecastUtc: string;
  readonly endedUtc: string;
  /** Within 10 % of the time since the release, or within a window: the next one comes a day later. */
  readonly isMet: boolean;
}

const SHARE = 0.1;
const WINDOW_MS = 24 * 3_600_000;
const Round = z.looseObject({ phase: z.string(), atUtc: z.string() });

/** Each phase of a rollout that has run, as its plan foresaw it and as its last round ended. */
export async function phaseEnds(
  store: Store,
  rolloutId: RolloutId,
  month: Month,
): Promise<readonly PhaseEnd[]> {
  const summary = await store.table('plans').get(rolloutId, ' summary');
  const lastOf = new Map<string, string>();
  for (const { value } of await store.table('rounds').list(rolloutId)) {
    const round = Round.safeParse(value);
    if (!round.success) continue; // a total, or how far a queue is taken
    const { phase, atUtc } = round.data;
    if (atUtc > (lastOf.get(phase) ?? '')) lastOf.set(phase, atUtc);
  }
  const releasedMs = Date.parse(releaseOf(month));
  return PlanSummary.parse(summary?.value).phases.flatMap(({ phase, expectedEndUtc: forecastUtc }) => {
    const endedUtc = lastOf.get(phase);
    if (endedUtc === undefined) return [];
    const offMs = Math.abs(Date.parse(endedUtc) - Date.parse(forecastUtc));
    const spanMs = Date.parse(forecastUtc) - releasedMs;
    return [{ phase, forecastUtc, endedUtc, isMet: offMs <= Math.max(SHARE * spanMs, WINDOW_MS) }];
  });
}
