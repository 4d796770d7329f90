import type { Rollout, Timeline } from '../api';
import { dayTicks, type DayTick } from '../parts/dayTicks';

export interface Scale {
  /** Of an instant, in percent of the width. */
  readonly x: (utc: string) => number;
  /** Null when now is not in the picture. */
  readonly nowX: number | null;
  readonly ticks: readonly DayTick[];
}

const DAY_MS = 86_400_000;

/** From the release to the last thing that is planned or has happened, and to now while the rollout is open. */
export function scaleOf(rollout: Rollout, timeline: Timeline | null, nowUtc: string): Scale {
  const regions = timeline?.phases.flatMap((phase) => phase.regions) ?? [];
  const fromMs = Math.floor(Date.parse(rollout.releasedUtc) / DAY_MS) * DAY_MS;
  const nowMs = Date.parse(nowUtc);
  const last = [
    ...regions.map(({ expectedEndUtc }) => Date.parse(expectedEndUtc)),
    ...regions.flatMap(({ worked }) => worked.map(([, endUtc]) => Date.parse(endUtc))),
    ...(rollout.endedUtc === null ? [nowMs] : []),
  ].filter((ms) => Number.isFinite(ms));
  const untilMs = (Math.floor(Math.max(fromMs + DAY_MS, ...last) / DAY_MS) + 1) * DAY_MS;
  const x = (ms: number): number => Math.min(100, Math.max(0, ((ms - fromMs) / (untilMs - fromMs)) * 100));
  return {
    x: (utc) => x(Date.parse(utc)),
    nowX: rollout.endedUtc === null && nowMs >= fromMs && nowMs <= untilMs ? x(nowMs) : null,
    ticks: dayTicks(fromMs, untilMs),
  };
}
