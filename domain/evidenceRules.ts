import { z } from 'zod';
import { exposureMax, ratesOf, type EvidencePolicy, type ScopeEvidence, type UpdateResult } from './evidence';
import type { VmId } from './ids';
import { ImageFamily } from './imageFamily';
import { chanceOfAtLeast, isBad } from './unhealthyRate';

/** What a decision stops: the narrowest scope that explains what was seen. */
export const StoppedScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('family'), family: ImageFamily }),
  z.object({ kind: z.literal('region'), region: z.string() }),
  z.object({ kind: z.literal('rollout') }),
]);
export type StoppedScope = Readonly<z.infer<typeof StoppedScope>>;

export type HaltRule =
  | 'canaryUnhealthy'
  | 'sequentialTest'
  | 'firstResultsUnhealthy'
  | 'roundUnhealthy'
  | 'rolloutUnhealthy'
  | 'familiesAgree';

export interface HaltDecision {
  readonly kind: 'halt';
  readonly scope: StoppedScope;
  readonly rule: HaltRule;
  /** Some of the unhealthy VMs by name: all, as long as there are few. */
  readonly vms: readonly VmId[];
  readonly unhealthyCount: number;
  /** Healthy and unhealthy ones together. */
  readonly resultCount: number;
  readonly patchesInCommon: readonly string[];
  readonly odds: Odds;
}

export interface Odds {
  /** The chance that a good patch shows so many unhealthy VMs or more. */
  readonly chance: number;
  /** How much likelier the results are at the refused rate than at the expected one, at their worst. */
  readonly likelihoodRatio: number;
}

/** A bad source, not a bad patch; or nothing left that could prove anything. */
export interface HoldDecision {
  readonly kind: 'hold';
  readonly scope: StoppedScope;
  readonly rule: 'installsFail' | 'evidenceUsedUp';
  readonly failedCount: number;
  readonly triedCount: number;
  /** The counts are those of one round. */
  readonly isOfRound?: true;
}

export type EvidenceDecision = HaltDecision | HoldDecision;

export interface EvidenceFacts {
  readonly rollout: ScopeEvidence;
  /** VMs of the rollout that may be patched. */
  readonly eligibleCount: number;
  readonly families: ReadonlyMap<ImageFamily, ScopeEvidence>;
  readonly regions: ReadonlyMap<string, ScopeEvidence>;
}

export const ROLLOUT: StoppedScope = { kind: 'rollout' };

/** Everything that the totals call for; no decision means: go on. */
export function checkEvidence(facts: EvidenceFacts, policy: EvidencePolicy): readonly EvidenceDecision[] {
  const familyHalts = [...facts.families].flatMap(([family, seen]) => checkFamily(family, seen, policy));
  const wide = [...checkRegions(facts, policy), ...checkRollout(facts, policy)];
  const halts = [...joined(familyHalts, facts, policy), ...wide];
  return [...halts.filter(isFirstOfItsKind), ...checkFailures(facts, policy)];
}

/** What one round shows by itself: known before it is looked at together with others. `tried`: those of its results whose failures count. */
export function checkRound(
  results: readonly UpdateResult[],
  familyOf: (result: UpdateResult) => ImageFamily,
  policy: EvidencePolicy,
  tried = results,
): readonly EvidenceDecision[] {
  return [...checkRoundHealth(results, familyOf, policy), ...checkRoundFailures(tried, policy)];
}

function checkRoundHealth(
  results: readonly UpdateResult[],
  familyOf: (result: UpdateResult) => ImageFamily,
  policy: EvidencePolicy,
): readonly HaltDecision[] {
  const proven = results.filter(({ kind }) => kind === 'healthy' || kind === 'unhealthy');
  const unhealthy = proven.filter(({ kind }) => kind === 'unhealthy');
  if (unhealthy.length < policy.roundUnhealthyMin || unhealthy.length < proven.length) return [];
  const families = [...new Set(unhealthy.map(familyOf))];
  const regions = [...new Set(unhealthy.map(({ region }) => region))];
  return [
    {
      kind: 'halt',
      scope: narrowest(families, regions),
      rule: 'roundUnhealthy',
      vms: unhealthy.map(({ vm }) => vm),
      unhealthyCount: unhealthy.length,
      resultCount: proven.length,
      patchesInCommon: commonPatches(unhealthy),
      odds: {
        chance: chanceOfAtLeast(unhealthy.length, proven.length, ratesOf(policy).expected),
        likelihoodRatio:
          (policy.refusedUnhealthyPercent / policy.expectedUnhealthyPercent) ** unhealthy.length,
      },
    },
  ];
}

/**
 * A source that has gone bad on a region of which hundreds were installed before. So many must have failed, not only been tried: of a round of five,
 * two failures are no rare chance (ADR 51).
 */
function checkRoundFailures(results: readonly UpdateResult[], policy: EvidencePolicy): HoldDecision[] {
  const tried = results.filter(({ kind }) => kind !== 'unproven');
  const failed = tried.filter(({ kind }) => kind === 'failed');
  const [first] = failed;
  if (first === undefined || failed.length < policy.failedOf) return [];
  if (failed.length * 100 < tried.length * policy.failedPercent) return [];
  const scope: StoppedScope = { kind: 'region', region: first.region };
  const [failedCount, triedCount] = [failed.length, tried.length];
  return [{ kind: 'hold', scope, rule: 'installsFail', failedCount, triedCount, isOfRound: true }];
}

/** Whether this many unhealthy VMs of a rollout are too many, whatever their families. */
export function rolloutUnhealthyMax(eligibleCount: number, policy: EvidencePolicy): number {
  return Math.max(policy.rolloutUnhealthyMax, (policy.rolloutUnhealthyPercent / 100) * eligibleCount);
}

/** A region and the rollout may both come to the same family. */
function isFirstOfItsKind(halt: HaltDecision, index: number, all: readonly HaltDecision[]): boolean {
  const same = (other: HaltDecision): boolean =>
    other.rule === halt.rule && sameScope(other.scope, halt.scope);
  return all.findIndex(same) === index;
}

export const sameScope = (a: StoppedScope, b: StoppedScope): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function checkFamily(
  family: ImageFamily,
  seen: ScopeEvidence,
  policy: EvidencePolicy,
): readonly HaltDecision[] {
  const scope: StoppedScope = { kind: 'family', family };
  const halts: HaltDecision[] = [];
  if (crossed(seen, policy)) halts.push(haltOf(scope, 'sequentialTest', seen, policy));
  if (seen.firstUnhealthyCount >= policy.firstResultsUnhealthyMin)
    halts.push(haltOf(scope, 'firstResultsUnhealthy', seen, policy));
  return halts;
}

function checkRegions(facts: EvidenceFacts, policy: EvidencePolicy): readonly HaltDecision[] {
  return [...facts.regions]
    .filter(([, seen]) => crossed(seen, policy))
    .map(([region, seen]) => {
      const own: Candidate = [{ kind: 'region', region }, seen];
      const [scope, of] = explains(seen, familiesOf(facts), policy) ?? own;
      return haltOf(scope, 'sequentialTest', of, policy);
    });
}

function checkRollout(facts: EvidenceFacts, policy: EvidencePolicy): readonly HaltDecision[] {
  const { rollout } = facts;
  const halts: HaltDecision[] = [];
  if (rollout.canaryUnhealthyCount > 0) halts.push(haltOf(ROLLOUT, 'canaryUnhealthy', rollout, policy));
  if (rollout.unhealthyCount > rolloutUnhealthyMax(facts.eligibleCount, policy))
    halts.push(haltOf(ROLLOUT, 'rolloutUnhealthy', rollout, policy));
  if (!crossed(rollout, policy)) return halts;
  const own: Candidate = [ROLLOUT, rollout];
  const narrower = [...familiesOf(facts), ...regionsOf(facts)];
  const [scope, of] = explains(rollout, narrower, policy) ?? own;
  return [...halts, haltOf(scope, 'sequentialTest', of, policy)];
}

type Candidate = readonly [scope: StoppedScope, seen: ScopeEvidence];

const familiesOf = ({ families }: EvidenceFacts): Candidate[] =>
  [...families].map(([family, seen]) => [{ kind: 'family', family }, seen]);

const regionsOf = ({ regions }: EvidenceFacts): Candidate[] =>
  [...regions].map(([region, seen]) => [{ kind: 'region', region }, seen]);

/**
 * The narrower scope without which the wider one would not alarm: it is worse than a good patch leaves behind, and what remains is not.
 * Of several the one with most unhealthy VMs, and a family before a region. Totals do not say how much of a family is in a region, so
 * all of it is taken to be.
 */
function explains(
  wide: ScopeEvidence,
  candidates: readonly Candidate[],
  policy: EvidencePolicy,
): Candidate | undefined {
  return [...candidates]
    .sort(([, a], [, b]) => b.unhealthyCount - a.unhealthyCount)
    .find(([, seen]) => {
      const unhealthyCount = Math.max(0, wide.unhealthyCount - seen.unhealthyCount);
      const healthyCount = Math.max(0, wide.healthyCount - seen.healthyCount);
      const rates = ratesOf(policy);
      return isBad(seen, rates) && !isBad({ unhealthyCount, healthyCount }, rates);
    });
}

/** When several families halt, what they share halts: the region, if all was seen in one, else the rollout. */
function joined(
  halts: readonly HaltDecision[],
  facts: EvidenceFacts,
  policy: EvidencePolicy,
): readonly HaltDecision[] {
  const families = new Set(halts.flatMap(({ scope }) => (scope.kind === 'family' ? [scope.family] : [])));
  if (families.size < 2) return halts;
  const regions = [...families].flatMap((family) => facts.families.get(family)?.unhealthyRegions ?? []);
  const scope = narrowest([...families], [...new Set(regions)]);
  const seen = scope.kind === 'region' ? facts.regions.get(scope.region) : undefined;
  return [haltOf(scope, 'familiesAgree', seen ?? facts.rollout, policy), ...halts];
}

function narrowest(families: readonly ImageFamily[], regions: readonly string[]): StoppedScope {
  const [family] = families;
  if (families.length === 1 && family !== undefined) return { kind: 'family', family };
  const [region] = regions;
  return regions.length === 1 && region !== undefined ? { kind: 'region', region } : ROLLOUT;
}

function checkFailures(facts: EvidenceFacts, policy: EvidencePolicy): readonly HoldDecision[] {
  const families = [...facts.families].flatMap(([family, seen]): HoldDecision[] => {
    const scope: StoppedScope = { kind: 'family', family };
    const failing = checkFailed(scope, seen, policy);
    return failing.length > 0 ? failing : usedUp(scope, seen, policy);
  });
  const regions = [...facts.regions].flatMap(([region, seen]) =>
    checkFailed({ kind: 'region', region }, seen, policy),
  );
  return [...families, ...regions, ...checkFailed(ROLLOUT, facts.rollout, policy)];
}

/** A bad source of patches, or a full disk everywhere: more of the same proves nothing and costs windows. */
export function checkFailed(
  scope: StoppedScope,
  seen: ScopeEvidence,
  policy: EvidencePolicy,
): HoldDecision[] {
  const triedCount = seen.healthyCount + seen.unhealthyCount + seen.failedCount;
  const { failedCount } = seen;
  if (triedCount < policy.failedOf || failedCount * 100 < triedCount * policy.failedPercent) return [];
  return [{ kind: 'hold', scope, rule: 'installsFail', failedCount, triedCount }];
}

/** Every install that exposure allows has ended, and too few proved anything: without a person the family would wait for ever. */
function usedUp(scope: StoppedScope, seen: ScopeEvidence, policy: EvidencePolicy): HoldDecision[] {
  const ended = seen.healthyCount + seen.unhealthyCount + seen.failedCount + seen.unprovenCount;
  if (seen.startedCount < exposureMax(seen, policy) || ended < seen.startedCount) return [];
  return [
    {
      kind: 'hold',
      scope,
      rule: 'evidenceUsedUp',
      failedCount: seen.failedCount,
      triedCount: ended,
    },
  ];
}

const crossed = (seen: ScopeEvidence, policy: EvidencePolicy): boolean =>
  seen.cusumMax >= Math.log(policy.haltLikelihoodRatio);

function haltOf(
  scope: StoppedScope,
  rule: HaltRule,
  seen: ScopeEvidence,
  policy: EvidencePolicy,
): HaltDecision {
  const resultCount = seen.healthyCount + seen.unhealthyCount;
  return {
    kind: 'halt',
    scope,
    rule,
    vms: seen.unhealthyVms,
    unhealthyCount: seen.unhealthyCount,
    resultCount,
    patchesInCommon: seen.patchesInCommon ?? [],
    odds: {
      chance: chanceOfAtLeast(seen.unhealthyCount, resultCount, ratesOf(policy).expected),
      likelihoodRatio: Math.exp(seen.cusumMax),
    },
  };
}

function commonPatches(unhealthy: readonly UpdateResult[]): readonly string[] {
  const [first, ...others] = unhealthy;
  const sets = others.map(({ patches }) => new Set(patches));
  return [...new Set(first?.patches ?? [])].filter((patch) => sets.every((set) => set.has(patch))).sort();
}
