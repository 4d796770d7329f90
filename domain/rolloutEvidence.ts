import { z } from 'zod';
import {
  addBaked,
  addResults,
  grantInstalls,
  noEvidence,
  nothingCounted,
  RoundCounted,
  ScopeEvidence,
  takeNewResults,
  type EvidencePolicy,
  type UpdateResult,
} from './evidence';
import { checkEvidence, type EvidenceDecision, type StoppedScope } from './evidenceRules';
import { keyOf, VmId } from './ids';
import { ImageFamily } from './imageFamily';

/**
 * All evidence of a rollout: one row, changed by its ETag. So what a round was granted, what it found, and the totals of every scope
 * change together, and a crash counts nothing twice. It grows with the image families and regions there are and with the rounds that
 * are open, never with the fleet.
 */
export const RolloutEvidence = z.object({
  rollout: ScopeEvidence,
  families: z.record(z.string(), ScopeEvidence),
  regions: z.record(z.string(), ScopeEvidence),
  /** Families of which a VM was held back since their last evidence came. */
  waiting: z.array(z.string()),
  /** By claim: what each open round was granted and has reported. `canaries` are places among the first installs of the rollout. */
  rounds: z.record(z.string(), RoundCounted.extend({ canaries: z.array(z.int().nonnegative()) })),
  /** Halts whose evidence a person has answered, so that it counts no more. */
  answered: z.array(z.string()),
  /** The canary by name: its VMs as their rounds were closed. */
  canaryVms: z.array(VmId).default([]),
  /** Keys of VMs that were proven healthy and were found unhealthy after the bake. */
  turned: z.array(z.string()).default([]),
  /** As far as the look after the last bake has been counted: its phase, the row of its round, and how many of its VMs. */
  bakedTo: z.tuple([z.string(), z.string(), z.int()]).nullable().default(null),
});
export type RolloutEvidence = Readonly<z.infer<typeof RolloutEvidence>>;

export const noRolloutEvidence: RolloutEvidence = {
  rollout: noEvidence,
  families: {},
  regions: {},
  waiting: [],
  rounds: {},
  answered: [],
  canaryVms: [],
  turned: [],
  bakedTo: null,
};

type OpenRound = RolloutEvidence['rounds'][string];

const roundOf = (evidence: RolloutEvidence, claimId: string): OpenRound =>
  evidence.rounds[claimId] ?? { ...nothingCounted, canaries: [] };

/** A VM of a round, by its place in it, that asks whether it may be installed. */
export interface InstallRequested {
  readonly place: number;
  readonly family: ImageFamily;
}

/** Takes installs out of each family's exposure (INV-14). Asking again for what was granted is granted and counted once. */
export function grantRound(
  evidence: RolloutEvidence,
  claimId: string,
  asked: readonly InstallRequested[],
  policy: EvidencePolicy & { readonly canaryVms: number },
): { readonly evidence: RolloutEvidence; readonly granted: ReadonlySet<number> } {
  const families = { ...evidence.families };
  const waiting = new Set(evidence.waiting);
  const granted = new Set<number>();
  let round = roundOf(evidence, claimId);
  let started = evidence.rollout.startedCount;
  for (const family of [...new Set(asked.map((request) => request.family))].sort()) {
    const places = asked.filter((request) => request.family === family).map(({ place }) => place);
    const grant = grantInstalls(families[family] ?? noEvidence, round, places, policy);
    const fresh = grant.granted.filter((place) => !round.started.includes(place));
    const canaries = fresh.slice(0, Math.max(0, policy.canaryVms - started));
    started += fresh.length;
    families[family] = grant.family;
    round = { ...round, ...grant.round, canaries: [...round.canaries, ...canaries] };
    for (const place of grant.granted) granted.add(place);
    if (grant.held.length > 0) waiting.add(family);
  }
  return {
    evidence: {
      ...evidence,
      families,
      rollout: { ...evidence.rollout, startedCount: started },
      rounds: { ...evidence.rounds, [claimId]: round },
      waiting: [...waiting].sort(),
    },
    granted,
  };
}

/** Gives back what was granted to VMs whose installation certainly never started. */
export function returnGrants(
  evidence: RolloutEvidence,
  claimId: string,
  returned: readonly InstallRequested[],
): RolloutEvidence {
  const before = evidence.rounds[claimId];
  if (before === undefined) return evidence; // nothing was granted, or the round is closed and everything of it counted
  const families = { ...evidence.families };
  const places = new Set<number>();
  for (const { place, family } of returned) {
    if (!before.started.includes(place) || places.has(place)) continue;
    places.add(place);
    const seen = families[family] ?? noEvidence;
    families[family] = { ...seen, startedCount: Math.max(0, seen.startedCount - 1) };
  }
  if (places.size === 0) return evidence;
  const kept = (place: number): boolean => !places.has(place);
  const round = {
    ...before,
    started: before.started.filter(kept),
    canaries: before.canaries.filter(kept),
  };
  const startedCount = Math.max(0, evidence.rollout.startedCount - places.size);
  return {
    ...evidence,
    families,
    rollout: { ...evidence.rollout, startedCount },
    rounds: { ...evidence.rounds, [claimId]: round },
  };
}

export type RoundResult = Omit<UpdateResult, 'canary'> & { readonly family: ImageFamily };

/** Counts how VMs of a round ended, each once, in every scope that they are in. */
export function addRoundResults(
  evidence: RolloutEvidence,
  claimId: string,
  results: readonly RoundResult[],
  policy: EvidencePolicy,
): RolloutEvidence {
  const before = evidence.rounds[claimId];
  if (before === undefined) return evidence; // nothing was granted, or the round is closed and everything of it counted
  const reported = results.map((result) =>
    Object.assign({}, result, { canary: before.canaries.includes(result.place) }),
  );
  const { round, fresh } = takeNewResults(before, reported);
  if (fresh.length === 0) return evidence;
  const familyOf = new Map(results.map(({ place, family }) => [place, family]));
  const families = { ...evidence.families };
  for (const family of new Set(familyOf.values())) {
    const own = fresh.filter(({ place }) => familyOf.get(place) === family);
    families[family] = addResults(families[family] ?? noEvidence, own, policy);
  }
  const regions = { ...evidence.regions };
  for (const region of new Set(fresh.map((result) => result.region))) {
    const own = fresh.filter((result) => result.region === region);
    regions[region] = addResults(regions[region] ?? noEvidence, own, policy);
  }
  const proven = new Set<string>(
    fresh.filter(({ kind }) => kind === 'healthy').map(({ place }) => familyOf.get(place) ?? ''),
  );
  return {
    ...evidence,
    families,
    regions,
    rollout: addResults(evidence.rollout, fresh, policy),
    rounds: { ...evidence.rounds, [claimId]: { ...before, ...round } },
    waiting: evidence.waiting.filter((family) => !proven.has(family)),
  };
}

/** A round that is written down needs no memory of its own any more; of the canary the names are kept. */
export function closeRound(
  evidence: RolloutEvidence,
  claimId: string,
  vmAt: (place: number) => VmId | null = () => null,
): RolloutEvidence {
  const closed = evidence.rounds[claimId];
  if (closed === undefined) return evidence;
  const rounds = Object.fromEntries(Object.entries(evidence.rounds).filter(([id]) => id !== claimId));
  const canaries = closed.canaries.flatMap((place) => vmAt(place) ?? []);
  return { ...evidence, rounds, canaryVms: [...evidence.canaryVms, ...canaries] };
}

export interface TurnedUnhealthy {
  readonly vm: VmId;
  readonly family: ImageFamily;
  readonly region: string;
  readonly atUtc: string;
}

/** VMs of one family and region that a look after the bake found healthy still. */
export interface StillHealthy {
  readonly family: ImageFamily;
  readonly region: string;
  readonly count: number;
}

/** What a look after the bake has found since the last one that was counted. */
export interface BakeSeen {
  /** As far as it has come; null where VMs are asked again: of those the healthy ones are not counted. */
  readonly bakedTo: RolloutEvidence['bakedTo'];
  readonly healthy: readonly StillHealthy[];
  readonly turned: readonly TurnedUnhealthy[];
}

/**
 * VMs that counted as healthy and are not any more are taken from the healthy ones of their scopes and added to the unhealthy, once. The healthy
 * ones of the same look count, too: six of 15,000 are no alarm, six of six are. A look that is repeated counts nothing twice.
 */
export function addBakeSeen(
  evidence: RolloutEvidence,
  { bakedTo, healthy, turned }: BakeSeen,
  policy: EvidencePolicy,
): RolloutEvidence {
  const isFurther = bakedTo !== null && !isBakedTo(evidence.bakedTo, bakedTo);
  const isFirst = bakedTo !== null && bakedTo[0] !== evidence.bakedTo?.[0];
  const still = isFurther ? healthy : [];
  const fresh = turned.filter(({ vm }) => !evidence.turned.includes(keyOf(vm)));
  if (still.length + fresh.length === 0 && !isFurther) return evidence;
  const scopeAfter = (
    seen: ScopeEvidence = noEvidence,
    isOf: (one: { readonly family: ImageFamily; readonly region: string }) => boolean,
  ): ScopeEvidence => {
    const healthyCount = still.filter(isOf).reduce((sum, one) => sum + one.count, 0);
    const results = fresh.filter(isOf).map((one) => turnedResult(evidence, one));
    return addBaked(seen, { healthyCount, turned: results, isFirst }, policy);
  };
  const known = (scopes: Scopes): string[] => (isFirst ? Object.keys(scopes) : []);
  const families = { ...evidence.families };
  for (const family of new Set([...known(families), ...[...still, ...fresh].map((one) => one.family)]))
    families[family] = scopeAfter(families[family], (one) => one.family === family);
  const regions = { ...evidence.regions };
  for (const region of new Set([...known(regions), ...[...still, ...fresh].map((one) => one.region)]))
    regions[region] = scopeAfter(regions[region], (one) => one.region === region);
  return {
    ...evidence,
    families,
    regions,
    rollout: scopeAfter(evidence.rollout, () => true),
    turned: [...evidence.turned, ...fresh.map(({ vm }) => keyOf(vm))],
    bakedTo: isFurther ? bakedTo : evidence.bakedTo,
  };
}

/** Whether the look of a phase has been counted so far; the rows of its rounds are looked at in the order of their keys. */
export function isBakedTo(
  counted: RolloutEvidence['bakedTo'],
  [phase, row, vms]: NonNullable<RolloutEvidence['bakedTo']>,
): boolean {
  if (counted?.[0] !== phase) return false;
  const [, countedRow, countedVms] = counted;
  return countedRow === row ? countedVms >= vms : countedRow > row;
}

const turnedResult = (evidence: RolloutEvidence, { vm, region, atUtc }: TurnedUnhealthy): UpdateResult => ({
  vm,
  place: 0,
  kind: 'unhealthy',
  atUtc,
  region,
  canary: evidence.canaryVms.includes(vm),
  patches: [],
});

/** What a halt stops, with the id of the halt. */
export interface AnsweredHalt {
  readonly haltId: string;
  readonly scope: StoppedScope;
}

/**
 * A person has looked and said «go on»: what was held against the scope of each halt is forgiven, once, so that the same evidence does
 * not halt it again. Healthy VMs stay evidence. Every wider scope that counted the same VMs forgives them, too.
 */
export function forgive(evidence: RolloutEvidence, answered: readonly AnsweredHalt[]): RolloutEvidence {
  let after = evidence;
  for (const { haltId, scope } of answered)
    if (!after.answered.includes(haltId))
      after = { ...forgiveScope(after, scope), answered: [...after.answered, haltId] };
  return after;
}

function forgiveScope(evidence: RolloutEvidence, scope: StoppedScope): RolloutEvidence {
  const { families, regions } = evidence;
  const rollout = forgiven(evidence.rollout);
  switch (scope.kind) {
    case 'family':
      return { ...evidence, rollout, regions: mapValues(regions), families: one(families, scope.family) };
    case 'region':
      return { ...evidence, rollout, families: mapValues(families), regions: one(regions, scope.region) };
    case 'rollout':
      return { ...evidence, rollout, families: mapValues(families), regions: mapValues(regions) };
  }
}

type Scopes = Readonly<Record<string, ScopeEvidence>>;

const mapValues = (scopes: Scopes): Record<string, ScopeEvidence> =>
  Object.fromEntries(Object.entries(scopes).map(([name, seen]) => [name, forgiven(seen)]));

const one = (scopes: Scopes, name: string): Record<string, ScopeEvidence> => ({
  ...scopes,
  [name]: forgiven(scopes[name] ?? noEvidence),
});

/** Installs that failed or proved nothing are as if they had not been started: others of the family may take their place. */
function forgiven(seen: ScopeEvidence): ScopeEvidence {
  const nothingProven = seen.failedCount + seen.unprovenCount + seen.unhealthyCount;
  return {
    ...noEvidence,
    healthyCount: seen.healthyCount,
    startedCount: Math.max(seen.healthyCount, seen.startedCount - nothingProven),
  };
}

/** Everything that the evidence calls for now. A family whose exposure is used up is held only when one of its VMs waits for more. */
export function decideOnEvidence(
  evidence: RolloutEvidence,
  eligibleCount: number,
  policy: EvidencePolicy,
): readonly EvidenceDecision[] {
  const facts = {
    rollout: evidence.rollout,
    eligibleCount,
    families: new Map(
      Object.entries(evidence.families).map(([name, seen]) => [ImageFamily.parse(name), seen]),
    ),
    regions: new Map(Object.entries(evidence.regions)),
  };
  return checkEvidence(facts, policy).filter(
    (decision) =>
      decision.kind === 'halt' ||
      decision.rule !== 'evidenceUsedUp' ||
      (decision.scope.kind === 'family' && evidence.waiting.includes(decision.scope.family)),
  );
}
