import { z } from 'zod';
import { VmId } from './ids';
import type { Policy } from './policy';
import { secondsBetween } from './instants';
import {
  isBad,
  logLikelihoodRatio,
  nextCusum,
  type ResultCounts,
  type UnhealthyRates,
} from './unhealthyRate';
import { DAY_SECONDS } from './timeUnits';

/** The numbers by which evidence is judged, each for the operator to change. */
export type EvidencePolicy = Pick<
  Policy,
  | 'evidenceFirst'
  | 'evidenceFactor'
  | 'evidenceUnderWay'
  | 'expectedUnhealthyPercent'
  | 'refusedUnhealthyPercent'
  | 'haltLikelihoodRatio'
  | 'firstResults'
  | 'firstResultsUnhealthyMin'
  | 'roundUnhealthyMin'
  | 'rolloutUnhealthyMax'
  | 'rolloutUnhealthyPercent'
  | 'failedPercent'
  | 'failedOf'
>;

export const ratesOf = (policy: EvidencePolicy): UnhealthyRates => ({
  expected: policy.expectedUnhealthyPercent / 100,
  refused: policy.refusedUnhealthyPercent / 100,
});

/**
 * How the update of one VM ended. `healthy`: it installed at least one patch and was healthy after its soak; `unhealthy`: it was not, or
 * stayed unknown too long; `failed`: the installation failed; `unproven`: neither (nothing was installed, or its owner stopped it).
 */
export interface UpdateResult {
  readonly vm: VmId;
  /** Its place in its round, from 0: the key under which the result is counted once. */
  readonly place: number;
  readonly kind: 'healthy' | 'unhealthy' | 'failed' | 'unproven';
  /** When the VM's soak ended. */
  readonly atUtc: string;
  readonly region: string;
  /** One of the first VMs of the rollout. */
  readonly canary: boolean;
  /** Names of the patches that were installed. */
  readonly patches: readonly string[];
}

/** So many unhealthy VMs of a scope are kept by name; `unhealthyCount` says how many there are. */
export const UNHEALTHY_NAMED_MAX = 20;
/** So many patches that all unhealthy VMs of a scope have in common are kept by name. */
export const COMMON_PATCHES_MAX = 20;
/** One region or more than one: no more need be known. */
const UNHEALTHY_REGIONS_MAX = 2;

const Counts = z.object({ healthyCount: z.int().nonnegative(), unhealthyCount: z.int().nonnegative() });

/** Results since an instant not more than a day ago, and those of the day before it. */
const RecentResults = z.object({ sinceUtc: z.string(), today: Counts, before: Counts });
type RecentResults = Readonly<z.infer<typeof RecentResults>>;

/** `carried`: the sum that the looks of earlier phases have left, never below 0. */
const Baked = Counts.extend({ carried: z.number().nonnegative() });

/** What one scope has shown so far: an image family, a region, a phase, or the rollout. Totals; nothing in it grows with the fleet. */
export const ScopeEvidence = z.object({
  /** Installs ever started. */
  startedCount: z.int().nonnegative(),
  healthyCount: z.int().nonnegative(),
  unhealthyCount: z.int().nonnegative(),
  failedCount: z.int().nonnegative(),
  unprovenCount: z.int().nonnegative(),
  /** Unhealthy ones among the first results. */
  firstUnhealthyCount: z.int().nonnegative(),
  canaryUnhealthyCount: z.int().nonnegative(),
  /** Logarithm of the likelihood ratio, see nextCusum. */
  cusum: z.number().nonnegative(),
  /** The highest it has been while the results of the last days were bad as a whole: once crossed, a threshold stays so, whatever comes in later. */
  cusumMax: z.number().nonnegative(),
  /** Results of the last day or two. Null before the first. */
  recent: RecentResults.nullable().default(null),
  /** What the look after the last bake has found of VMs whose results were healthy. */
  baked: Baked.default({ healthyCount: 0, unhealthyCount: 0, carried: 0 }),
  unhealthyVms: z.array(VmId).max(UNHEALTHY_NAMED_MAX),
  /** The first two regions with an unhealthy VM. */
  unhealthyRegions: z.array(z.string()).max(UNHEALTHY_REGIONS_MAX),
  /** Null until a VM is unhealthy. */
  patchesInCommon: z.array(z.string()).max(COMMON_PATCHES_MAX).nullable(),
});
export type ScopeEvidence = Readonly<z.infer<typeof ScopeEvidence>>;

export const noEvidence: ScopeEvidence = {
  startedCount: 0,
  healthyCount: 0,
  unhealthyCount: 0,
  failedCount: 0,
  unprovenCount: 0,
  firstUnhealthyCount: 0,
  canaryUnhealthyCount: 0,
  cusum: 0,
  cusumMax: 0,
  recent: null,
  baked: { healthyCount: 0, unhealthyCount: 0, carried: 0 },
  unhealthyVms: [],
  unhealthyRegions: [],
  patchesInCommon: null,
};

/** A round has at most 80 VMs (design section 1), so its row stays small. */
const Places = z.array(z.int().nonnegative()).max(80);

/** What the counters already hold of one round: kept in the round's own row and changed in the same transaction as the counters. */
export const RoundCounted = z.object({
  /** Places whose installs have been granted. */
  started: Places,
  /** Places whose results have been counted. */
  results: Places,
});
export type RoundCounted = Readonly<z.infer<typeof RoundCounted>>;

export const nothingCounted: RoundCounted = { started: [], results: [] };

/** Exposure: the installs that a rollout may ever have started in a family (INV-14). */
export function exposureMax(
  family: Pick<ScopeEvidence, 'healthyCount'>,
  { evidenceFirst, evidenceFactor }: EvidencePolicy,
): number {
  return Math.max(evidenceFirst, Math.floor(evidenceFactor * family.healthyCount));
}

/** How many more installs of a family may start now: what exposure leaves, and no more under way than `underWayMax`. */
export function installsLeft(family: ScopeEvidence, policy: EvidencePolicy): number {
  const { startedCount, healthyCount, unhealthyCount, failedCount, unprovenCount } = family;
  const underWay = startedCount - healthyCount - unhealthyCount - failedCount - unprovenCount;
  return installsLeftBeside(underWay, family, policy);
}

/** The same where it is known how many are under way. */
export function installsLeftBeside(
  underWay: number,
  family: Pick<ScopeEvidence, 'startedCount' | 'healthyCount'>,
  policy: EvidencePolicy,
): number {
  const left = exposureMax(family, policy) - family.startedCount;
  return Math.max(0, Math.min(left, underWayMax(family, policy) - underWay));
}

/**
 * Without it five times the healthy VMs of a family could be under way at once, and a patch that breaks one in fifty would break half as many
 * VMs again before it is seen (docs/performance.md, «Evidence»).
 */
export function underWayMax(
  family: Pick<ScopeEvidence, 'healthyCount'>,
  { evidenceUnderWay }: Pick<EvidencePolicy, 'evidenceUnderWay'>,
): number {
  return Math.max(evidenceUnderWay, family.healthyCount);
}

export interface Grant {
  readonly family: ScopeEvidence;
  readonly round: RoundCounted;
  /** Of the places that were asked for: these may start their installs. */
  readonly granted: readonly number[];
  /** These wait for evidence (`deferred: evidenceLimit`). */
  readonly held: readonly number[];
}

/**
 * Takes places of one family out of its exposure. A place that was granted before is granted again and not counted again: a round that
 * crashed after its transaction may ask once more.
 */
export function grantInstalls(
  family: ScopeEvidence,
  round: RoundCounted,
  places: readonly number[],
  policy: EvidencePolicy,
): Grant {
  const before = new Set(round.started);
  const asked = [...new Set(places)];
  const again = asked.filter((place) => before.has(place));
  const fresh = asked.filter((place) => !before.has(place));
  const left = installsLeft(family, policy);
  const started = fresh.slice(0, left);
  return {
    family: { ...family, startedCount: family.startedCount + started.length },
    round: { ...round, started: [...round.started, ...started] },
    granted: [...again, ...started],
    held: fresh.slice(left),
  };
}

/** Those of a round's results that the counters do not hold yet, and the round's row afterwards. Each place has one result, the first. */
export function takeNewResults(
  round: RoundCounted,
  results: readonly UpdateResult[],
): { readonly round: RoundCounted; readonly fresh: readonly UpdateResult[] } {
  const counted = new Set(round.results);
  const fresh: UpdateResult[] = [];
  for (const result of results) {
    if (counted.has(result.place)) continue;
    counted.add(result.place);
    fresh.push(result);
  }
  return { round: { ...round, results: [...counted] }, fresh };
}

/** Adds results to a scope, in order of time; within one instant the unhealthy ones first, so that their order does not matter. */
export function addResults(
  scope: ScopeEvidence,
  fresh: readonly UpdateResult[],
  policy: EvidencePolicy,
): ScopeEvidence {
  const sum = { ...scope };
  const rates = ratesOf(policy);
  for (const result of [...fresh].sort(byTime)) {
    if (result.kind === 'failed') sum.failedCount += 1;
    else if (result.kind === 'unproven') sum.unprovenCount += 1;
    else {
      sum.cusum = nextCusum(sum.cusum, result.kind === 'unhealthy', rates);
      sum.recent = withRecent(sum.recent, result);
      if (sum.cusum > sum.cusumMax && isBad(sumOf(sum.recent), rates)) sum.cusumMax = sum.cusum;
      if (result.kind === 'healthy') sum.healthyCount += 1;
      else addUnhealthy(sum, result, policy);
    }
  }
  return sum;
}

const NOTHING = { healthyCount: 0, unhealthyCount: 0 };

/**
 * An unhealthy VM is known later than a healthy one: it is asked until its time is up. So at the end of a window the few unhealthy VMs of a large
 * fleet come one after another, and the sum alone would take them for a bad patch: six of 15,000. They are an alarm only where they are too many for
 * all results of the last day, too.
 */
function withRecent(recent: RecentResults | null, { kind, atUtc }: UpdateResult): RecentResults {
  const age = recent === null ? Infinity : secondsBetween(recent.sinceUtc, atUtc);
  const from: RecentResults =
    recent !== null && age < DAY_SECONDS
      ? recent
      : {
          sinceUtc: atUtc,
          today: NOTHING,
          before: recent !== null && age < 2 * DAY_SECONDS ? recent.today : NOTHING,
        };
  const { healthyCount, unhealthyCount } = from.today;
  return {
    ...from,
    today: {
      healthyCount: healthyCount + (kind === 'healthy' ? 1 : 0),
      unhealthyCount: unhealthyCount + (kind === 'unhealthy' ? 1 : 0),
    },
  };
}

const sumOf = ({ today, before }: RecentResults): ResultCounts => ({
  healthyCount: today.healthyCount + before.healthyCount,
  unhealthyCount: today.unhealthyCount + before.unhealthyCount,
});

/**
 * What a look after the bake found of VMs whose results were healthy: so many are so still, these are not any more. The order in which they are looked at
 * says nothing, so their numbers count. `isFirst`: the look at another phase begins.
 */
export function addBaked(
  scope: ScopeEvidence,
  seen: {
    readonly healthyCount: number;
    readonly turned: readonly UpdateResult[];
    readonly isFirst: boolean;
  },
  policy: EvidencePolicy,
): ScopeEvidence {
  const { turned, isFirst } = seen;
  const before = isFirst ? { ...NOTHING, carried: Math.max(0, bakeSum(scope, policy)) } : scope.baked;
  const baked = {
    ...before,
    healthyCount: before.healthyCount + seen.healthyCount,
    unhealthyCount: before.unhealthyCount + turned.length,
  };
  const sum = { ...scope, baked, healthyCount: Math.max(0, scope.healthyCount - turned.length) };
  for (const result of [...turned].sort(byTime)) addUnhealthy(sum, result, policy);
  if (turned.length > 0) sum.cusumMax = Math.max(sum.cusumMax, bakeSum(sum, policy));
  return sum;
}

const bakeSum = ({ baked }: Pick<ScopeEvidence, 'baked'>, policy: EvidencePolicy): number =>
  baked.carried + logLikelihoodRatio(baked, ratesOf(policy));

const byTime = (a: UpdateResult, b: UpdateResult): number =>
  compare(a.atUtc, b.atUtc) || unhealthyFirst(a) - unhealthyFirst(b) || compare(a.vm, b.vm);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const unhealthyFirst = ({ kind }: UpdateResult): number => (kind === 'unhealthy' ? 0 : 1);

function addUnhealthy(
  sum: z.infer<typeof ScopeEvidence>,
  result: UpdateResult,
  policy: EvidencePolicy,
): void {
  if (sum.healthyCount + sum.unhealthyCount < policy.firstResults) sum.firstUnhealthyCount += 1;
  sum.unhealthyCount += 1;
  if (result.canary) sum.canaryUnhealthyCount += 1;
  sum.unhealthyVms = withOne(sum.unhealthyVms, result.vm, UNHEALTHY_NAMED_MAX);
  sum.unhealthyRegions = withOne(sum.unhealthyRegions, result.region, UNHEALTHY_REGIONS_MAX);
  sum.patchesInCommon = inCommon(sum.patchesInCommon, result.patches);
}

function withOne<T>(known: T[], one: T, max: number): T[] {
  return known.includes(one) || known.length >= max ? known : [...known, one];
}

/** It only ever shrinks; of more than the maximum the first by name are kept. */
function inCommon(known: readonly string[] | null, patches: readonly string[]): string[] {
  if (known === null) return [...new Set(patches)].sort().slice(0, COMMON_PATCHES_MAX);
  const installed = new Set(patches);
  return known.filter((patch) => installed.has(patch));
}
