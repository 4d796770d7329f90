import { TimeQueue } from '../collections/timeQueue';
import type { Policy } from '../domain/policy';
import { bakesAsCanary } from '../domain/rings';
import { BudgetsInUse } from './budgets';
import type { Candidates, InventoryFacts } from './candidates';
import { afterBake, ASSESSMENT_MINUTES, roundMs, type Cursor } from './estimate';
import { countsOf, type Counts } from './counts';
import type { BatchWork, RegionWork, RoundWork, StageWork } from './work';
import {
  installsLeft,
  isClosed,
  isUsedUp,
  phaseClosesMs,
  setWaitsFor,
  type FamilyRun,
  type PhaseRun,
  type RegionRun,
  type RoundRun,
  type RoundTimes,
  type Waiting,
} from './scheduleState';
import type { PhaseWork } from './phaseWork';
import { PlacesInUse } from './placesInUse';
import { setsAtOnce } from './widths';

export interface ScheduledPhase extends PhaseWork {
  /** When its gate is expected to open: nearly every VM has an outcome. */
  readonly gateMs: number;
}

export interface Schedule {
  readonly phases: readonly ScheduledPhase[];
  readonly times: ReadonlyMap<RoundWork, RoundTimes>;
}

const EVENTS_TOGETHER = 500; // in one go: a millisecond or two
const [SECOND_MS, MINUTE_MS] = [1_000, 60_000];

/**
 * When each round is expected to run: the rollout played through once, from event to event, with the rules that execution keeps. Every VM is
 * taken to be reachable and healthy after its update. Yields how many events have passed since.
 */
export function* schedulePhases(
  phases: readonly PhaseWork[],
  candidates: Candidates,
  facts: InventoryFacts,
  fromMs: number,
): Generator<number, Schedule> {
  return yield* new Run(candidates, facts).play(phases, fromMs);
}

class Run {
  readonly #queue = new TimeQueue<() => void>();
  readonly #times = new Map<RoundWork, RoundTimes>();
  readonly #subscriptions = new Map<RoundWork, Counts>();
  readonly #families: FamilyRun[];
  readonly #candidates: Candidates;
  readonly #facts: InventoryFacts;
  readonly #policy: Policy;
  readonly #budgets: BudgetsInUse;
  readonly #places = new PlacesInUse();
  #phases: readonly PhaseWork[] = [];
  readonly #gates: number[] = [];
  #nowMs = 0;

  constructor(candidates: Candidates, facts: InventoryFacts) {
    this.#candidates = candidates;
    this.#facts = facts;
    this.#policy = facts.policy;
    this.#budgets = new BudgetsInUse(candidates.budgets);
    this.#families = Array.from({ length: candidates.names.families.length }, () => ({
      started: 0,
      healthy: 0,
      waiting: [],
    }));
  }

  *play(phases: readonly PhaseWork[], fromMs: number): Generator<number, Schedule> {
    this.#phases = phases;
    this.#startPhase(0, { atMs: fromMs, opensAfterMs: -Infinity });
    let events = 0;
    for (let next = this.#queue.take(); next !== null; next = this.#queue.take()) {
      this.#nowMs = next.atMs;
      next.item();
      events += 1;
      if (events % EVENTS_TOGETHER === 0) yield EVENTS_TOGETHER;
    }
    return {
      times: this.#times,
      phases: phases.map((phase, index) => ({ ...phase, gateMs: this.#gates[index] ?? this.#nowMs })),
    };
  }

  #startPhase(index: number, cursor: Cursor): void {
    const regions = this.#phases[index]?.regions;
    if (regions === undefined) return;
    const phase: PhaseRun = {
      index,
      planned: regions.reduce((sum, { vmCount }) => sum + vmCount, 0),
      closesMs: phaseClosesMs(regions, cursor, this.#policy),
      silent: new Set(regions.map(({ region }) => region)),
      done: 0,
      gateMs: null,
    };
    this.#queue.add(cursor.atMs, () => {
      for (const work of regions) this.#startRegion(work, phase, cursor.opensAfterMs);
    });
    this.#queue.add(phase.closesMs, () => {
      this.#lookAtGate(phase);
    });
  }

  #startRegion(work: RegionWork, phase: PhaseRun, opensAfterMs: number): void {
    this.#startStage({
      work,
      phase,
      opensAfterMs,
      down: new Map(),
      waiting: [],
      stage: 0,
      place: this.#places.at(work.region, work.stages[0]?.zone ?? null),
      open: 0,
      nextSet: 0,
      waitedFor: 'windows',
    });
  }

  #startStage(region: RegionRun): void {
    const stage = region.work.stages[region.stage];
    if (stage === undefined) return;
    const pool = Math.min(setsAtOnce(stage.tracks.length), stage.sets.length);
    region.place = this.#places.at(region.work.region, stage.zone);
    region.open = stage.tracks.length + pool;
    region.nextSet = 0;
    for (const track of stage.tracks) this.#startBatch(region, track, 0);
    for (let n = 0; n < pool; n += 1) this.#nextSet(region, stage);
  }

  #ended(region: RegionRun): void {
    region.open -= 1;
    if (region.open > 0) return;
    region.stage += 1;
    this.#startStage(region);
  }

  /** Rounds of a batch side by side, as many as fit; the next batch when all of them have ended. */
  #startBatch(region: RegionRun, track: readonly BatchWork[], index: number): void {
    const batch = track[index];
    if (batch === undefined) {
      this.#ended(region);
      return;
    }
    let next = 0;
    let open = batch.atOnce;
    const takeNext = (): void => {
      const round = batch.rounds[next];
      next += 1;
      if (round !== undefined) this.#startWhenOpen(region, round, round.delaySeconds, takeNext);
      else if (--open === 0) this.#startBatch(region, track, index + 1);
    };
    for (let n = 0; n < batch.atOnce; n += 1) takeNext();
  }

  #nextSet(region: RegionRun, stage: StageWork): void {
    const set = stage.sets[region.nextSet];
    region.nextSet += 1;
    if (set === undefined) this.#ended(region);
    else
      this.#runInTurn(region, [...set.rounds], () => {
        this.#nextSet(region, stage);
      });
  }

  /** One round after another: of those that are left the one whose window comes first. */
  #runInTurn(region: RegionRun, left: RoundWork[], end: () => void): void {
    if (left.length === 0) {
      end();
      return;
    }
    let first = 0;
    let firstMs = Infinity;
    const cursor = this.#cursor(region);
    for (let n = 0; n < left.length; n += 1) {
      const cohort = left[n]?.cohort;
      if (cohort === undefined || (n > 0 && cohort === left[n - 1]?.cohort)) continue;
      const { startMs } = cohort.firstStart(cursor);
      if (startMs >= firstMs) continue;
      first = n;
      firstMs = startMs;
    }
    const round = first === 0 ? left.shift() : left.splice(first, 1)[0];
    if (round !== undefined)
      this.#startWhenOpen(region, round, 0, () => {
        this.#runInTurn(region, left, end);
      });
  }

  #cursor({ opensAfterMs }: RegionRun): Cursor {
    return { atMs: this.#nowMs, opensAfterMs };
  }

  #startWhenOpen(region: RegionRun, work: RoundWork, delaySeconds: number, end: () => void): void {
    const start = work.cohort.firstStart(this.#cursor(region));
    const atMs = start.startMs + delaySeconds * SECOND_MS;
    if (delaySeconds > 0) region.waitedFor = 'patchCalls';
    if (atMs > this.#nowMs && start.fits) {
      this.#places.giveUp(region.place, work);
      this.#queue.add(atMs, () => {
        this.#startWhenOpen(region, work, 0, end);
      });
    } else this.#startIfShared(region, work, start.fits, atMs, end);
  }

  #startIfShared(region: RegionRun, work: RoundWork, fits: boolean, startMs: number, end: () => void): void {
    const { place } = region;
    const again = (): void => {
      this.#startWhenOpen(region, work, 0, end);
    };
    const turn = region.phase.index; // as in the ledger (`claimDeadline`)
    if (!this.#places.fits(place, work, turn)) {
      region.waitedFor = 'places';
      this.#places.wait(place, work, turn, again);
      return;
    }
    const counts = work.isOfSet ? null : this.#subscriptionsOf(work);
    if (counts !== null && !this.#fitShares(region, counts)) {
      region.waitedFor = 'shares';
      region.waiting.push(again);
      return;
    }
    if (!this.#budgets.fit(work.members)) {
      region.waitedFor = 'budgets';
      this.#budgets.wait(turn, again);
      return;
    }
    this.#budgets.take(work.members);
    this.#places.take(place, work);
    this.#takeShares(region, counts, 1);
    const round: RoundRun = {
      work,
      region,
      startMs,
      fits,
      left: work.members.length,
      waitedFor: counts === null ? setWaitsFor(region) : region.waitedFor,
      again: false,
      end: () => {
        this.#takeShares(region, counts, -1);
        const waiting = region.waiting;
        region.waiting = [];
        for (const again of waiting) again();
        this.#budgets.release(work.members);
        this.#places.release(place);
        end();
      },
    };
    this.#note(round, startMs);
    this.#install(round);
  }

  /** Counted once: a round that waits for a share is asked for each time that another ends. */
  #subscriptionsOf(work: RoundWork): Counts {
    const before = this.#subscriptions.get(work);
    if (before !== undefined) return before;
    const counts = countsOf(work.members, this.#candidates.subscription);
    this.#subscriptions.set(work, counts);
    return counts;
  }

  #fitShares({ work, down }: RegionRun, counts: Counts): boolean {
    for (const [number, count] of counts) {
      const share = this.#facts.shareOf(work.region, this.#candidates.names.subscriptions[number] ?? '');
      if ((down.get(number) ?? 0) + count > share) return false;
    }
    return true;
  }

  #takeShares({ down }: RegionRun, counts: Counts | null, sign: 1 | -1): void {
    if (counts === null) return;
    for (const [number, count] of counts) down.set(number, (down.get(number) ?? 0) + sign * count);
  }

  /** What exposure allows starts; the rest waits in the order of its asking. A round keeps its place until the last of its VMs is done. */
  #install(round: RoundRun): void {
    const granted: [family: number, count: number][] = [];
    let startedNow = 0;
    for (const [family, count] of countsOf(round.work.members, this.#candidates.family)) {
      const seen = this.#families[family];
      if (seen === undefined) continue;
      const now = seen.waiting.length > 0 ? 0 : Math.min(count, installsLeft(seen, this.#policy));
      if (now > 0) granted.push([family, now]);
      seen.started += now;
      startedNow += now;
      if (now < count) this.#wait({ round, family, count: count - now });
    }
    if (startedNow > 0)
      this.#endLater(round, granted, Math.max(this.#nowMs, round.startMs) + this.#roundMs(round, startedNow));
  }

  #roundMs({ work }: RoundRun, vmCount: number): number {
    return roundMs(this.#policy, vmCount, work.inTurns);
  }

  #endLater(round: RoundRun, granted: readonly (readonly [number, number])[], endMs: number): void {
    this.#queue.add(endMs, () => {
      let count = 0;
      for (const [family, healthy] of granted) {
        const seen = this.#families[family];
        if (seen === undefined) continue;
        seen.healthy += healthy;
        count += healthy;
        this.#serve(seen);
      }
      this.#note(round, this.#nowMs);
      this.#outcomes(round, count);
    });
  }

  #wait(waiting: Waiting): void {
    const { round, family } = waiting;
    round.region.waitedFor = 'evidence';
    round.waitedFor = 'evidence';
    this.#families[family]?.waiting.push(waiting);
    const lastMs = Math.max(round.work.cohort.lastStartMs(this.#nowMs), this.#nowMs);
    this.#queue.add(lastMs, () => {
      this.#giveUp(waiting);
    });
  }

  /** Those that have waited longest are served first. */
  #serve(family: FamilyRun): void {
    for (let first = family.waiting[0]; first !== undefined; first = family.waiting[0]) {
      if (first.count > 0) {
        const count = Math.min(first.count, installsLeft(family, this.#policy));
        if (count === 0) return;
        first.count -= count;
        family.started += count;
        const endMs = this.#nowMs + this.#roundMs(first.round, count) - ASSESSMENT_MINUTES * MINUTE_MS;
        this.#endLater(first.round, [[first.family, count]], endMs);
      }
      if (first.count === 0) family.waiting.shift();
    }
  }

  /** Nothing more can start in this window: what still waits is deferred, and caught up in the next. */
  #giveUp(waiting: Waiting): void {
    const { count, round, family } = waiting;
    if (count === 0) return;
    waiting.count = 0;
    this.#note(round, this.#nowMs);
    this.#outcomes(round, count);
    const { startMs, fits } = round.work.cohort.firstStart({
      atMs: this.#nowMs + MINUTE_MS,
      opensAfterMs: this.#nowMs,
    });
    const seen = this.#families[family];
    if (seen === undefined || !fits) return;
    const times = this.#times.get(round.work);
    if (times !== undefined && isUsedUp(seen, this.#policy))
      this.#times.set(round.work, { ...times, usedUp: true });
    else
      this.#queue.add(startMs, () => {
        this.#wait({ round: { ...round, again: true }, family, count });
        this.#serve(seen);
      });
  }

  /** The times of a round, as far as they are known. */
  #note({ work, startMs, fits, waitedFor, again }: RoundRun, atMs: number): void {
    const before = this.#times.get(work);
    const endMs = again ? (before?.endMs ?? atMs) : Math.max(before?.endMs ?? 0, atMs);
    const doneMs = Math.max(before?.doneMs ?? 0, atMs);
    this.#times.set(work, { startMs, endMs, doneMs, fits, waitedFor, usedUp: before?.usedUp ?? false });
  }

  #outcomes(round: RoundRun, count: number): void {
    const { phase, work } = round.region;
    phase.silent.delete(work.region);
    if (round.again) return; // these were counted when they were deferred
    phase.done += count;
    this.#lookAtGate(phase);
    round.left -= count;
    if (round.left === 0) round.end();
  }

  #lookAtGate(phase: PhaseRun): void {
    if (phase.gateMs !== null || !isClosed(phase, this.#nowMs, this.#policy)) return;
    phase.gateMs = this.#nowMs;
    this.#gates[phase.index] = this.#nowMs;
    this.#startPhase(
      phase.index + 1,
      afterBake(this.#nowMs, bakesAsCanary(this.#phases, phase.index), this.#policy),
    );
  }
}
