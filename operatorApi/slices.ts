import { setImmediate } from 'node:timers/promises';

/** Work in one go; other requests wait so long at most. */
const SLICE_MS = 5;

/** Several of them share the time: in one turn of the event loop only one works. */
const turns: { last: Promise<unknown> } = { last: Promise.resolve() };

/** Lets other requests be answered, when the work since it was asked last has taken long enough. */
export function slices(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    if (performance.now() - sinceMs < SLICE_MS) return;
    turns.last = turns.last.then(() => setImmediate());
    await turns.last;
    sinceMs = performance.now();
  };
}

/** Work over many items in slices, between which other requests are answered. */
export async function inSlices<T>(items: readonly T[], work: (item: T, n: number) => void): Promise<void> {
  const next = slices();
  for (const [n, item] of items.entries()) {
    work(item, n);
    if (n % LOOKED_EVERY === 0) await next();
  }
}

const LOOKED_EVERY = 64;
