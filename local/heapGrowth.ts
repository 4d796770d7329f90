import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * A simulated month keeps nearly all that it writes, and V8 by itself lets so large a heap grow to three times what is alive before it collects. Collected
 * when it has grown by so many percent, a month takes half the memory; what that costs in time is in docs/performance.md.
 */
export const GROWTH_PERCENT = 50;

/** Of a huge fleet: sooner still, so that 100,000 VMs keep within 4,000 MB. */
const HUGE_GROWTH_PERCENT = 20;
const HUGE_VMS = 20_000;

/** For the rest of this process. A month begins with it; a plan is checked with it, once it is made. */
export function collectSooner(vmCount = 0): void {
  const percent = vmCount < HUGE_VMS ? GROWTH_PERCENT : HUGE_GROWTH_PERCENT;
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/** Once the fleet of a month has been read. A smaller one leaves its process as it is, so that tests which simulate a month are not slowed. */
export function collectSoonerIfHuge(vmCount: number): void {
  if (vmCount >= HUGE_VMS) collectSooner(vmCount);
}

/** A collection takes half a second and saves a hundred megabytes in a month of 10,000 VMs; a small fleet leaves nothing worth one. */
const LARGE_VMS = 5_000;

/**
 * After a large fleet a full collection, now: before much is read of what was kept, so that it takes the room of what is not needed any more. V8 shows the
 * function in contexts that are made after it was asked to.
 */
export function collectIfLarge(vmCount: number): void {
  if (vmCount < LARGE_VMS) return;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}
