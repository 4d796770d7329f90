import type { Services } from '../../activities/services';
import type { FaultHooks } from '../../composition/faultHooks';
import type { FaultKind, Faults } from './faults';

const RATES: readonly (readonly [FaultKind, number])[] = [
  ['activityThrows', 0.001],
  ['activityUnacknowledged', 0.001],
  ['activityTwice', 0.002],
  ['activityAtOnce', 0.002],
  ['activityPoisoned', 0.0001],
  ['clockSkew', 0.02],
];

/** A host that has not heard of the time for a while. */
export const SKEW_MS_MAX = 60_000;

/** Messages to activities are delivered at least once: to a worker that crashes, to two one after the other, to two at once. */
export function faultyActivity(faults: Faults): FaultHooks['activity'] {
  const nextFault = faults.stream('activity', RATES);
  return async (name, services, run) => {
    const fault = nextFault();
    if (fault === 'activityThrows')
      throw new Error(`Torture: the worker of ${name} crashed before it began.`);
    if (fault === 'clockSkew') return run(skewed(services, (faults.share() * 2 - 1) * SKEW_MS_MAX));
    if (fault === 'activityTwice') await run(services).catch(() => undefined);
    // Of two at once the second one's result counts; the first one's may have failed.
    const other = fault === 'activityAtOnce' ? run(services).catch(() => undefined) : undefined;
    const result = await run(services).finally(() => other);
    if (fault === 'activityUnacknowledged')
      throw new Error(`Torture: the worker of ${name} crashed before it answered.`);
    return fault === 'activityPoisoned' ? { torture: 'This is no answer.' } : result;
  };
}

function skewed<S extends Services>(services: S, byMs: number): S {
  return { ...services, nowUtc: () => new Date(Date.parse(services.nowUtc()) + byMs).toISOString() };
}
