/** Shares of VMs that are unhealthy after their update, between 0 and 1. */
export interface UnhealthyRates {
  /** What a good patch leaves behind: VMs break by themselves, too. */
  readonly expected: number;
  /** What a patch must not do: the test is built to notice this rate. */
  readonly refused: number;
}

export interface ResultCounts {
  readonly healthyCount: number;
  readonly unhealthyCount: number;
}

/** The logarithm of how much more likely so many results are at the refused rate than at the expected one; negative when they are less likely. */
export function logLikelihoodRatio(
  { healthyCount, unhealthyCount }: ResultCounts,
  { expected, refused }: UnhealthyRates,
): number {
  // None of a kind says nothing, also where the ratio of its rates is not finite: at a refused rate of 1.
  const of = (count: number, ratio: number): number => (count === 0 ? 0 : count * Math.log(ratio));
  return of(unhealthyCount, refused / expected) + of(healthyCount, (1 - refused) / (1 - expected));
}

/**
 * Wald's sequential test as a cumulative sum: the logarithm of the likelihood ratio of one result after another, never below 0, so that a long healthy past
 * cannot hide a bad present.
 */
export function nextCusum(cusum: number, unhealthy: boolean, rates: UnhealthyRates): number {
  const result = unhealthy ? { healthyCount: 0, unhealthyCount: 1 } : { healthyCount: 1, unhealthyCount: 0 };
  return Math.max(0, cusum + logLikelihoodRatio(result, rates));
}

/** Results count as bad when VMs that are unhealthy at the expected rate would show as many less often than this. */
const BAD_BELOW_CHANCE = 0.05;

/** Worse than a good patch leaves behind, as far as so few results can show. */
export function isBad({ healthyCount, unhealthyCount }: ResultCounts, { expected }: UnhealthyRates): boolean {
  return chanceOfAtLeast(unhealthyCount, healthyCount + unhealthyCount, expected) < BAD_BELOW_CHANCE;
}

/** The chance that at least `unhealthy` of `of` VMs are unhealthy when each is so with probability `rate` by itself. */
export function chanceOfAtLeast(unhealthy: number, of: number, rate: number): number {
  if (unhealthy <= 0) return 1;
  if (unhealthy > of || rate <= 0) return 0;
  if (rate >= 1) return 1;
  // The shorter tail is summed: its terms fall from the first on, and the other one is what is left of 1.
  if (unhealthy > of * rate) return Math.min(1, tail(unhealthy, of, rate, 1));
  return Math.max(0, 1 - tail(unhealthy - 1, of, rate, -1));
}

/** The terms of the binomial distribution from `first` on, upwards or downwards, each from the one before. */
function tail(first: number, of: number, rate: number, direction: 1 | -1): number {
  const odds = rate / (1 - rate);
  let term = Math.exp(logBinomial(of, first) + first * Math.log(rate) + (of - first) * Math.log1p(-rate));
  let sum = 0;
  for (let count = first; count >= 0 && count <= of; count += direction) {
    sum += term;
    term *= direction > 0 ? ((of - count) / (count + 1)) * odds : count / ((of - count + 1) * odds);
    if (term < sum * 1e-15) break;
  }
  return sum;
}

function logBinomial(of: number, chosen: number): number {
  let sum = 0;
  for (let i = 1; i <= chosen; i += 1) sum += Math.log((of - chosen + i) / i);
  return sum;
}
