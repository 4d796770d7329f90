import { setImmediate } from 'node:timers/promises';

/** Work in one go; other requests wait so long at most. */
const SLICE_MS = 8;

/** Work over many items in slices, between which other requests are answered. */
export async function inSlices<T>(items: readonly T[], work: (item: T, n: number) => void): Promise<void> {
  let sinceMs = performance.now();
  for (const [n, item] of items.entries()) {
    work(item, n);
    if (n % LOOKED_EVERY !== 0 || performance.now() - sinceMs < SLICE_MS) continue;
    await setImmediate();
    sinceMs = performance.now();
  }
}

const LOOKED_EVERY = 64;
