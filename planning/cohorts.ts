import { partsOfCalendar } from '../domain/ownWindows';
import type { Policy } from '../domain/policy';
import type { Candidates } from './candidates';
import { firstStart, roundNeedsMs, usableWindow, windowFrom, type Cursor, type Start } from './estimate';

/** «Windows that open within the hour» share a round. */
const COHORT_SPAN_MS = 3_600_000;

/** Time zones whose windows open within the hour of each other: VMs of them may share a round. */
export class Cohort {
  readonly zones: readonly string[];
  /** The same zones by number. */
  readonly numbers: ReadonlySet<number>;
  readonly #policy: Policy;
  /** What was found last: any start from `fromMs` up to `untilMs` is as good as asked for. */
  #fromMs = 0;
  #untilMs = -1;
  #opensMs = 0;

  constructor(zones: readonly string[], numbers: ReadonlySet<number>, policy: Policy) {
    this.zones = zones;
    this.numbers = numbers;
    this.#policy = policy;
  }

  /** The first instant at or after the cursor at which a round may start. Asked thousands of times about one window. */
  firstStart(cursor: Cursor): Start {
    const { atMs, opensAfterMs } = cursor;
    if (atMs >= this.#fromMs && atMs <= this.#untilMs && this.#opensMs > opensAfterMs)
      return { startMs: atMs, fits: true };
    const start = firstStart(this.zones, this.#policy, cursor);
    if (start.fits) this.#remember(start.startMs, opensAfterMs);
    return start;
  }

  /** When no round may start any more in the window that is open at a start. */
  lastStartMs(startMs: number): number {
    this.firstStart({ atMs: startMs, opensAfterMs: -Infinity });
    return startMs <= this.#untilMs ? this.#untilMs : startMs;
  }

  #remember(startMs: number, opensAfterMs: number): void {
    const windows = this.zones.map((zone) => windowFrom(zone, this.#policy, { atMs: startMs, opensAfterMs }));
    this.#fromMs = startMs;
    this.#opensMs = Math.min(...windows.map(({ opensMs }) => opensMs));
    this.#untilMs = Math.min(...windows.map(({ closesMs }) => closesMs)) - roundNeedsMs(this.#policy);
  }
}

/** Few cohorts for a fleet: those with the same zones are one object, which remembers the window that was asked for last. */
const known = new WeakMap<Candidates, Map<string, readonly Cohort[]>>();

/**
 * Zones whose usable windows open within the hour, as long as what they share is enough for a round. Ordered by the first to open, and
 * by name, so that the order of the inventory does not matter. The last of `cohortsMax` takes every zone that is left.
 */
export function cohortsOf(
  members: readonly number[],
  candidates: Candidates,
  policy: Policy,
  from: Cursor,
  cohortsMax: number,
): readonly Cohort[] {
  const numbers = new Set<number>();
  for (const n of members) numbers.add(candidates.timeZone[n] ?? 0);
  const zones = [...numbers].map((number) => ({ number, zone: candidates.names.timeZones[number] ?? 'UTC' }));
  const key = zones.length === 1 ? String(zones[0]?.number) : [...numbers].sort((a, b) => a - b).join();
  let ofCandidates = known.get(candidates);
  if (ofCandidates === undefined)
    known.set(candidates, (ofCandidates = new Map<string, readonly Cohort[]>()));
  let cohorts = ofCandidates.get(key);
  if (cohorts === undefined) {
    cohorts = makeCohorts(zones, policy, from, cohortsMax);
    ofCandidates.set(key, cohorts);
  }
  return cohorts;
}

/** Windows of one day of the week meet those of every day on that day alone: VMs share a round only where both have the same. */
const ownWindowsOf = (calendar = ''): string | null => partsOfCalendar(calendar).name;

interface Zone {
  readonly number: number;
  readonly zone: string;
}

function makeCohorts(zones: readonly Zone[], policy: Policy, from: Cursor, cohortsMax: number): Cohort[] {
  const windows = zones
    .map((zone) => ({ ...zone, window: usableWindow(zone.zone, policy, from) }))
    .sort((a, b) => a.window.opensMs - b.window.opensMs || (a.zone < b.zone ? -1 : 1));
  const cohorts: { zones: Zone[]; opensMs: number; closesMs: number; firstMs: number }[] = [];
  for (const { zone, number, window } of windows) {
    const last = cohorts.at(-1);
    const closesMs = Math.min(window.closesMs, last?.closesMs ?? Infinity);
    const startMs = Math.max(window.opensMs, from.atMs);
    const joins =
      last !== undefined &&
      (cohorts.length === cohortsMax ||
        (window.opensMs - last.firstMs <= COHORT_SPAN_MS &&
          closesMs - startMs >= roundNeedsMs(policy) &&
          ownWindowsOf(last.zones[0]?.zone) === ownWindowsOf(zone)));
    if (joins) {
      last.zones.push({ zone, number });
      last.opensMs = window.opensMs;
      last.closesMs = closesMs;
    } else cohorts.push({ zones: [{ zone, number }], ...window, firstMs: window.opensMs });
  }
  return cohorts.map(
    (cohort) =>
      new Cohort(
        cohort.zones.map(({ zone }) => zone).sort(),
        new Set(cohort.zones.map(({ number }) => number)),
        policy,
      ),
  );
}
