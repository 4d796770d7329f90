import { setImmediate } from 'node:timers/promises';

/** Work in one go; other requests wait so long at most. */
const SLICE_MS = 5;

/** Several of them share the time: in one turn of the event loop only one works. */
const turns: { last: Promise<unknown> } = { last: Promise.resolve() };

async function turn(): Promise<void> {
  turns.last = turns.last.then(() => setImmediate());
  await turns.last;
}

/** Lets other requests be answered, when the work since it was asked last has taken long enough. */
export function slices(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    if (performance.now() - sinceMs < SLICE_MS) return;
    await turn();
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

/**
 * For activities: lets others work when so many items are done, however long that took. In a simulated month the same things happen in the same
 * order on every machine, and a small fleet is one piece.
 */
export function countedSlices(): (items: number) => Promise<void> {
  let done = 0;
  return async (items) => {
    done += items;
    if (done < SLICE_ITEMS) return;
    done = 0;
    await turn();
  };
}

/**
 * For activities: with so many VMs it begins in a turn of its own. A host runs dozens of them at once, and where the tables are in memory nothing else
 * lets a request be answered in between.
 */
export async function turnFor(vmCount: number): Promise<void> {
  if (vmCount >= OWN_TURN_VMS) await turn();
}

/** Some milliseconds of work. */
const OWN_TURN_VMS = 10;

/** VMs that are listed, compared or hashed in one go: one to three milliseconds. */
export const SLICE_ITEMS = 500;

/** Work that says after each step how many items it did. */
export async function stepsInSlices<T>(steps: Generator<number, T>): Promise<T> {
  const next = countedSlices();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await next(step.value);
  }
}
