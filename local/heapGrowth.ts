import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * A simulated month keeps nearly all that it writes, and V8 by itself lets so large a heap grow to three times what is alive before it collects. Collected
 * when it has grown by so many percent, a month takes half the memory; what that costs in time is in docs/performance.md.
 */
export const GROWTH_PERCENT = 50;

/** For the rest of this process. A month begins with it; a plan is checked with it, once it is made. */
export function collectSooner(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/**
 * A full collection, now: before much is read of what was kept, so that it takes the room of what is not needed any more. V8 shows the function in
 * contexts that are made after it was asked to.
 */
export function collectNow(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}
