import { judgedAfterBakeUtc } from '../domain/bake';
import { installsLeftBeside } from '../domain/evidence';
import { areMostlyDone, closesByTimeMs } from '../domain/gates';
import { utcOf } from '../domain/instants';
import { firstOpeningUtc } from '../domain/offPeak';
import type { Policy } from '../domain/policy';
import type { Cursor } from './estimate';
import type { Place } from './placesInUse';
import { setsAtOnce } from './widths';
import type { RegionWork, RoundWork } from './work';

/** What a round or a VM had to wait for, beside its turn. */
export type WaitedFor = 'windows' | 'pool' | 'places' | 'shares' | 'budgets' | 'patchCalls' | 'evidence';

export interface RoundTimes {
  readonly startMs: number;
  /** When its claim is released. */
  readonly endMs: number;
  /** When the last of its VMs is done: later where some waited in vain for evidence, and are caught up. */
  readonly doneMs: number;
  /** False: no window of its zones is long enough. */
  readonly fits: boolean;
  readonly waitedFor: WaitedFor;
  /** True: some of its VMs wait for evidence that never comes (`isUsedUp`). */
  readonly usedUp: boolean;
}

export interface PhaseRun {
  readonly index: number;
  readonly planned: number;
  /** When it may close by the passing of time. */
  readonly closesMs: number;
  readonly silent: Set<string>;
  done: number;
  gateMs: number | null;
}

export interface RegionRun {
  readonly work: RegionWork;
  readonly phase: PhaseRun;
  readonly opensAfterMs: number;
  /** Standalone VMs that are down, by subscription. */
  readonly down: Map<number, number>;
  /** Rounds that wait for a share, in the order in which they came. */
  waiting: (() => void)[];
  stage: number;
  /** Where the stage is. */
  place: Place;
  /** Pools and tracks of the stage that have not ended. */
  open: number;
  nextSet: number;
  waitedFor: WaitedFor;
}

export interface FamilyRun {
  started: number;
  healthy: number;
  readonly waiting: Waiting[];
}

/** VMs of a round that wait until their family has proven enough. */
export interface Waiting {
  readonly round: RoundRun;
  readonly family: number;
  count: number;
}

export interface RoundRun {
  readonly work: RoundWork;
  readonly region: RegionRun;
  readonly startMs: number;
  readonly fits: boolean;
  readonly end: () => void;
  /** VMs that have no outcome yet. */
  left: number;
  /** A second chance of VMs that waited in vain for evidence: it holds no claim, and its VMs have an outcome already. */
  readonly again: boolean;
  waitedFor: WaitedFor;
}

/** When a phase may close by the passing of time, counted from when it begins. */
export function phaseClosesMs(regions: readonly RegionWork[], cursor: Cursor, policy: Policy): number {
  const timeZones = timeZonesOf(regions);
  return closesByTimeMs(phaseStartMs(timeZones, cursor, policy), timeZones, policy);
}

/** The bake of the phase before lasts until its windows. */
function phaseStartMs(
  timeZones: ReadonlySet<string>,
  { atMs, opensAfterMs }: Cursor,
  policy: Policy,
): number {
  if (opensAfterMs === -Infinity) return atMs;
  const gateUtc = utcOf(opensAfterMs);
  return Date.parse(judgedAfterBakeUtc(gateUtc, firstOpeningUtc(timeZones, policy, gateUtc)));
}

function timeZonesOf(regions: readonly RegionWork[]): Set<string> {
  const stages = regions.flatMap((region) => region.stages);
  const rounds = stages.flatMap(({ tracks, sets }) =>
    [...tracks.flat(), ...sets].flatMap((part) => part.rounds),
  );
  return new Set(rounds.flatMap(({ cohort }) => cohort.zones));
}

/** Whether a phase is ready for its gate. */
export function isClosed(
  { planned, done, silent, closesMs }: PhaseRun,
  nowMs: number,
  policy: Policy,
): boolean {
  if (silent.size === 0 && areMostlyDone(done, planned, policy)) return true;
  return nowMs >= closesMs && done >= Math.max(1, (planned * policy.phaseEvidencePercent) / 100);
}

/** Sets do not share what standalone VMs wait for. */
export function setWaitsFor({ work, stage, waitedFor }: RegionRun): WaitedFor {
  if (waitedFor === 'places') return 'places';
  const { sets = [], tracks = [] } = work.stages[stage] ?? {};
  return sets.length > setsAtOnce(tracks.length) ? 'pool' : 'windows';
}

/** How many more of a family may start now. Of a forecast all that have not proven healthy are under way. */
export function installsLeft({ started, healthy }: FamilyRun, policy: Policy): number {
  return installsLeftBeside(started - healthy, { startedCount: started, healthyCount: healthy }, policy);
}

/** All that the policy lets a family begin has proven healthy, and that lets it begin no more: the rollout waits for a person. */
export const isUsedUp = (family: FamilyRun, policy: Policy): boolean =>
  family.started === family.healthy && installsLeft(family, policy) === 0;
