import type { OffPeakWindowMs } from '../domain/offPeak';
import type { Policy } from '../domain/policy';
import type { VirtualMachine } from '../domain/virtualMachine';
import { firstStart, roundMs, roundNeedsMs, usableWindow, type Cursor, type Start } from './estimate';

/** An eligible VM with what the planner has to know of it beyond its model. */
export interface Candidate {
  readonly vm: VirtualMachine;
  /** IANA zone of its off-peak hours. */
  readonly timeZone: string;
}

/** VMs that are dealt with before those of the next step of the same windows: a growing batch, or an update domain. */
export interface TrackStep {
  readonly updateDomain: number | null;
  /** In the order in which they should be taken. */
  readonly candidates: readonly Candidate[];
  readonly roundSizeMax: number;
}

export interface ScheduledRound {
  readonly step: TrackStep;
  /** Which window cohort of its track this is. */
  readonly cohort: number;
  readonly candidates: readonly Candidate[];
  readonly startMs: number;
  readonly endMs: number;
  readonly fits: boolean;
}

/** «Windows that open within the hour» share a round. */
const COHORT_SPAN_MS = 3_600_000;

/**
 * Runs steps one round at a time and says when. The VMs are split into window cohorts; each time the cohort whose window comes
 * first is taken, so that a VM in a foreign time zone is done in its own window and keeps no other VM waiting for a day. Within a
 * cohort the steps keep their order.
 */
export function scheduleTrack(steps: readonly TrackStep[], policy: Policy, from: Cursor): ScheduledRound[] {
  const queues = queuesOf(cohortsOf(steps, policy, from), steps);
  const rounds: ScheduledRound[] = [];
  const durationMs = roundMs(policy);
  let cursor = from;
  for (;;) {
    const next = earliest(queues, policy, cursor);
    if (next === null) return rounds;
    const { queue, start } = next;
    const { step, candidates } = takeRound(queue);
    const endMs = start.startMs + durationMs;
    rounds.push({
      step,
      cohort: queues.indexOf(queue),
      candidates,
      startMs: start.startMs,
      endMs,
      fits: start.fits,
    });
    cursor = { ...cursor, atMs: endMs };
  }
}

interface Queue {
  readonly zones: readonly string[];
  readonly steps: readonly { readonly step: TrackStep; readonly candidates: readonly Candidate[] }[];
  stepIndex: number;
  taken: number;
  /** The answer of the last question, good as long as the cursor has not passed it. */
  start: Start | null;
}

/**
 * Zones whose usable windows open within the hour, as long as what they share is enough for a round. Ordered by the first to open, and
 * by name, so that the order of the inventory does not matter.
 */
function cohortsOf(steps: readonly TrackStep[], policy: Policy, from: Cursor): string[][] {
  const zones = new Set<string>();
  for (const { candidates } of steps) for (const { timeZone } of candidates) zones.add(timeZone);
  // Most tracks know one zone only, and a large fleet has thousands of tracks.
  if (zones.size <= 1) return [[...zones]];
  const windows = [...zones]
    .map((zone) => ({ zone, window: usableWindow(zone, policy, from) }))
    .sort((a, b) => a.window.opensMs - b.window.opensMs || (a.zone < b.zone ? -1 : 1));
  const cohorts: {
    zones: string[];
    shared: Pick<OffPeakWindowMs, 'opensMs' | 'closesMs'>;
    firstMs: number;
  }[] = [];
  for (const { zone, window } of windows) {
    const last = cohorts.at(-1);
    const closesMs = Math.min(window.closesMs, last?.shared.closesMs ?? Infinity);
    const startMs = Math.max(window.opensMs, from.atMs);
    const joins =
      last !== undefined &&
      window.opensMs - last.firstMs <= COHORT_SPAN_MS &&
      closesMs - startMs >= roundNeedsMs(policy);
    if (joins) {
      last.zones.push(zone);
      last.shared = { opensMs: window.opensMs, closesMs };
    } else cohorts.push({ zones: [zone], shared: window, firstMs: window.opensMs });
  }
  return cohorts.map((cohort) => cohort.zones);
}

function queuesOf(cohorts: readonly (readonly string[])[], steps: readonly TrackStep[]): Queue[] {
  const fresh = { stepIndex: 0, taken: 0, start: null };
  if (cohorts.length === 1)
    return cohorts.map((zones) => ({
      ...fresh,
      zones,
      steps: steps.map((step) => ({ step, candidates: step.candidates })),
    }));
  return cohorts.map((zones) => {
    const inCohort = new Set(zones);
    const own = steps
      .map((step) => ({ step, candidates: step.candidates.filter(({ timeZone }) => inCohort.has(timeZone)) }))
      .filter(({ candidates }) => candidates.length > 0);
    return { ...fresh, zones, steps: own };
  });
}

function earliest(
  queues: readonly Queue[],
  policy: Policy,
  cursor: Cursor,
): { readonly queue: Queue; readonly start: Start } | null {
  let best: { queue: Queue; start: Start } | null = null;
  for (const queue of queues) {
    if (queue.stepIndex >= queue.steps.length) continue;
    if (queue.start === null || queue.start.startMs < cursor.atMs)
      queue.start = firstStart(queue.zones, policy, cursor);
    if (best === null || queue.start.startMs < best.start.startMs) best = { queue, start: queue.start };
  }
  return best;
}

function takeRound(queue: Queue): { readonly step: TrackStep; readonly candidates: readonly Candidate[] } {
  const head = queue.steps[queue.stepIndex];
  if (head === undefined) throw new Error('a round was taken from an empty queue');
  const end = Math.min(queue.taken + head.step.roundSizeMax, head.candidates.length);
  const candidates = head.candidates.slice(queue.taken, end);
  const isLast = end === head.candidates.length;
  queue.taken = isLast ? 0 : end;
  if (isLast) queue.stepIndex += 1;
  return { step: head.step, candidates };
}
