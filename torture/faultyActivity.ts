import type { Seams } from '../functions/seams';
import type { FaultKind, Faults } from './faults';

const RATES: readonly (readonly [FaultKind, number])[] = [
  ['activityThrows', 0.001],
  ['activityUnacknowledged', 0.001],
  ['activityTwice', 0.002],
  ['activityAtOnce', 0.002],
];

/** Messages to activities are delivered at least once: to a worker that dies, to two one after the other, to two at once. */
export function faultyActivity(faults: Faults): Seams['activity'] {
  const strike = faults.stream('activity', RATES);
  return async (name, run) => {
    const fault = strike();
    if (fault === 'activityThrows') throw new Error(`Torture: the worker of ${name} died before it began.`);
    if (fault === 'activityTwice') await run().catch(() => undefined);
    // Of two at once the second one's result counts; the first one's may have failed.
    const other = fault === 'activityAtOnce' ? run().catch(() => undefined) : undefined;
    const result = await run();
    await other;
    if (fault === 'activityUnacknowledged')
      throw new Error(`Torture: the worker of ${name} died before it answered.`);
    return result;
  };
}
