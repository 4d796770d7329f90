import { setFlagsFromString } from 'node:v8';

/**
 * A simulated month keeps nearly all that it writes, and V8 by itself lets so large a heap grow to three times what is alive before it collects. Collected
 * when it has grown by so many percent, a month takes half the memory; what that costs in time is in docs/performance.md.
 */
export const GROWTH_PERCENT = 50;

/** For the rest of this process. A month begins with it; a plan is checked with it, once it is made. */
export function collectSooner(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
