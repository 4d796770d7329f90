import { z } from 'zod';
import type { ScopeEvidence } from '../domain/evidence';
import { RolloutEvidence } from '../domain/rolloutEvidence';

/**
 * The evidence of a rollout as its row keeps it. The row is written whole for each install that is granted and each result, and most of it is
 * open rounds, families and regions: of these a list of values is a quarter of what it is with the names of its members.
 */
const Count = z.int().nonnegative();
const Texts = z.array(z.string());

/** In the order of `valuesOf`. */
const Values = z.tuple([
  Count,
  Count,
  Count,
  Count,
  Count,
  Count,
  Count,
  z.number(),
  z.number(),
  z.tuple([z.string(), Count, Count, Count, Count]).nullable(),
  z.tuple([Count, Count, z.number()]),
  Texts,
  Texts,
  Texts.nullable(),
]);
type Values = z.infer<typeof Values>;

/** Places in a round, a bit for each, in hexadecimal: what takes 200 characters as a list takes 20. */
const Places = z.string().regex(/^[0-9a-f]+$/);
/** What was granted, what was counted, and the canaries. */
const Round = z.tuple([Places, Places, z.array(Count)]);
type Round = z.infer<typeof Round>;
type OpenRound = RolloutEvidence['rounds'][string];

export const EvidenceRow = RolloutEvidence.extend({
  rollout: Values,
  families: z.record(z.string(), Values),
  regions: z.record(z.string(), Values),
  /** Whole in rows of before. */
  rounds: z.record(z.string(), z.union([Round, RolloutEvidence.shape.rounds.valueType])),
});
type EvidenceRow = Readonly<z.infer<typeof EvidenceRow>>;

export function shortEvidence(evidence: RolloutEvidence): EvidenceRow {
  const { rollout, families, regions, rounds } = evidence;
  return {
    ...evidence,
    rollout: valuesOf(rollout),
    families: eachOf(families, valuesOf),
    regions: eachOf(regions, valuesOf),
    rounds: eachOf(rounds, shortRound),
  };
}

export function wholeEvidence(row: EvidenceRow): RolloutEvidence {
  const { rollout, families, regions, rounds } = row;
  return RolloutEvidence.parse({
    ...row,
    rollout: scopeOf(rollout),
    families: eachOf(families, scopeOf),
    regions: eachOf(regions, scopeOf),
    rounds: eachOf(rounds, (round) => (Array.isArray(round) ? wholeRound(round) : round)),
  });
}

/** A write changes one round or two of a hundred. */
const shortRounds = new WeakMap<OpenRound, Round>();

function shortRound(round: OpenRound): Round {
  const known = shortRounds.get(round);
  if (known !== undefined) return known;
  const { started, results, canaries } = round;
  const short: Round = [bitsOf(started), bitsOf(results), canaries];
  shortRounds.set(round, short);
  return short;
}

function wholeRound([started, results, canaries]: Round): OpenRound {
  return { started: placesIn(started), results: placesIn(results), canaries };
}

const bitsOf = (places: readonly number[]): string =>
  places.reduce((bits, place) => bits | (1n << BigInt(place)), 0n).toString(16);

function placesIn(bits: string): number[] {
  const places: number[] = [];
  for (let left = BigInt(`0x${bits}`), place = 0; left > 0n; left >>= 1n, place += 1)
    if ((left & 1n) === 1n) places.push(place);
  return places;
}

function eachOf<T, R>(scopes: Readonly<Record<string, T>>, change: (scope: T) => R): Record<string, R> {
  const changed: Record<string, R> = {};
  for (const name of Object.keys(scopes)) {
    const scope = scopes[name];
    if (scope !== undefined) changed[name] = change(scope);
  }
  return changed;
}

function valuesOf(seen: ScopeEvidence): Values {
  const { recent, baked } = seen;
  return [
    seen.startedCount,
    seen.healthyCount,
    seen.unhealthyCount,
    seen.failedCount,
    seen.unprovenCount,
    seen.firstUnhealthyCount,
    seen.canaryUnhealthyCount,
    seen.cusum,
    seen.cusumMax,
    recent && [
      recent.sinceUtc,
      recent.today.healthyCount,
      recent.today.unhealthyCount,
      recent.before.healthyCount,
      recent.before.unhealthyCount,
    ],
    [baked.healthyCount, baked.unhealthyCount, baked.carried],
    seen.unhealthyVms,
    seen.unhealthyRegions,
    seen.patchesInCommon,
  ];
}

function scopeOf(values: Values): z.input<typeof RolloutEvidence>['rollout'] {
  const [started, healthy, unhealthy, failed, unproven, firstUnhealthy, canaryUnhealthy, ...others] = values;
  const [cusum, cusumMax, recent, baked, unhealthyVms, unhealthyRegions, patchesInCommon] = others;
  return {
    startedCount: started,
    healthyCount: healthy,
    unhealthyCount: unhealthy,
    failedCount: failed,
    unprovenCount: unproven,
    firstUnhealthyCount: firstUnhealthy,
    canaryUnhealthyCount: canaryUnhealthy,
    cusum,
    cusumMax,
    recent: recent && {
      sinceUtc: recent[0],
      today: { healthyCount: recent[1], unhealthyCount: recent[2] },
      before: { healthyCount: recent[3], unhealthyCount: recent[4] },
    },
    baked: { healthyCount: baked[0], unhealthyCount: baked[1], carried: baked[2] },
    unhealthyVms,
    unhealthyRegions,
    patchesInCommon,
  };
}
