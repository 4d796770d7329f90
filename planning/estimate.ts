import { BAKE_MIN_SECONDS } from '../domain/bake';
import { utcOf } from '../domain/instants';
import { windowMsAtOrAfter, windowMsOpeningAfter, type OffPeakWindowMs } from '../domain/offPeak';
import type { Policy } from '../domain/policy';
import { chance } from '../domain/seed';
import { MINUTE_MS, SECOND_MS } from '../domain/timeUnits';

/** An assessment takes a few minutes (source document); ten leaves room for a slow one and for the poll that notices its end. */
export const ASSESSMENT_MINUTES = 10;
/** A month's cumulative update of one VM with its reboot, and the poll that notices its end. */
const INSTALL_MINUTES = 25;
/** A round takes as long as its slowest VM: with twice the VMs so much longer. */
const SLOWEST_MINUTES = 2.5;

/** How long a round of so many VMs keeps them: assess, install and reboot, soak; and again without the assessment for those that come after the first. */
export function roundMs(policy: Pick<Policy, 'soakSeconds'>, vmCount: number, inTurns = 1): number {
  const installMinutes = INSTALL_MINUTES + Math.round(SLOWEST_MINUTES * Math.log2(Math.max(1, vmCount)));
  const once = installMinutes * MINUTE_MS + policy.soakSeconds * SECOND_MS;
  return ASSESSMENT_MINUTES * MINUTE_MS + inTurns * once;
}

/** Of 100 VMs so many are off in their window, or otherwise down: members of a set that are count in its share. */
const DOWN_PERCENT = 5;

/** How many members of a set are expected to be down. The fraction decides by chance, so that of many sets the right number have one. */
export function expectedDown(setSize: number, set: string): number {
  return Math.floor((setSize * DOWN_PERCENT) / 100 + chance('down', set));
}

/**
 * What must be left of the window when a round starts. A round asks for the minimum and the reserve *after* it has assessed, so the
 * assessment is added: a round planned without it would be deferred in its own window.
 */
export function roundNeedsMs(policy: Pick<Policy, 'installMinimumSeconds' | 'rebootReserveSeconds'>): number {
  return (
    ASSESSMENT_MINUTES * MINUTE_MS + (policy.installMinimumSeconds + policy.rebootReserveSeconds) * SECOND_MS
  );
}

/** Where a forecast stands: not before this instant, and only in windows that open after the gate, if there is one. */
export interface Cursor {
  readonly atMs: number;
  /** Windows that opened at or before this do not count; -Infinity where any will do. */
  readonly opensAfterMs: number;
}

/** Where the next phase stands once a gate has opened: after the bake, or in windows that open after the gate. */
export function afterBake(gateMs: number, isCanary: boolean, policy: Policy): Cursor {
  const bakeSeconds = isCanary ? policy.bakeAfterCanarySeconds : policy.bakeSeconds;
  if (bakeSeconds === null) return { atMs: gateMs + BAKE_MIN_SECONDS * SECOND_MS, opensAfterMs: gateMs };
  return { atMs: gateMs + bakeSeconds * SECOND_MS, opensAfterMs: -Infinity };
}

export interface Start {
  readonly startMs: number;
  /** False: no window of these zones is long enough for a round. The start is then only where one would be tried. */
  readonly fits: boolean;
}

/** So many windows are tried before a start is given up: the one that daylight saving shortens is followed by longer ones, short ones of a day of the week by those of others. */
const WINDOWS_TRIED = 8;

/** The first instant at which every zone is off-peak and enough of the shortest window is left for a round. */
export function firstStart(zones: readonly string[], policy: Policy, cursor: Cursor): Start {
  const needsMs = roundNeedsMs(policy);
  const [only] = zones;
  if (only !== undefined && zones.length === 1) {
    // By far the most frequent question of a plan: one zone, and its current window still has room.
    const { opensMs, closesMs } = windowFrom(only, policy, cursor);
    const startMs = Math.max(cursor.atMs, opensMs);
    if (closesMs - startMs >= needsMs) return { startMs, fits: true };
  }
  let fromMs = cursor.atMs;
  let tried: number | null = null;
  for (let window = 0; window < WINDOWS_TRIED * zones.length; window += 1) {
    const shared = sharedWindow(zones, policy, { ...cursor, atMs: fromMs });
    if (shared.closesMs - shared.startMs >= needsMs) return { startMs: shared.startMs, fits: true };
    tried ??= shared.startMs;
    fromMs = Math.max(shared.closesMs, fromMs + MINUTE_MS);
  }
  return { startMs: tried ?? fromMs, fits: false };
}

/** The zone's window at or after the cursor. */
export function windowFrom(zone: string, policy: Policy, { atMs, opensAfterMs }: Cursor): OffPeakWindowMs {
  const window = windowMsAtOrAfter(zone, policy, atMs);
  return window.opensMs > opensAfterMs ? window : windowMsOpeningAfter(zone, policy, opensAfterMs, atMs);
}

/** The zone's window in which a round still fits; the next one if too little is left of the current one. */
export function usableWindow(zone: string, policy: Policy, cursor: Cursor): OffPeakWindowMs {
  const { startMs } = firstStart([zone], policy, cursor);
  return windowFrom(zone, policy, { ...cursor, atMs: startMs });
}

/** From when all zones are open until the first closes; empty (closes before it starts) where their windows do not meet. */
function sharedWindow(
  zones: readonly string[],
  policy: Policy,
  cursor: Cursor,
): { readonly startMs: number; readonly closesMs: number } {
  let startMs = cursor.atMs;
  let closesMs = Infinity;
  for (const zone of zones) {
    const window = windowFrom(zone, policy, cursor);
    startMs = Math.max(startMs, window.opensMs);
    closesMs = Math.min(closesMs, window.closesMs);
  }
  return { startMs, closesMs };
}

/** Instants repeat thousands of times in a plan; their text is made once. */
export function utcTexts(): (instant: number) => string {
  const known = new Map<number, string>();
  return (instant) => {
    const text = known.get(instant) ?? utcOf(instant);
    known.set(instant, text);
    return text;
  };
}
