/**
 * What commands are started with (package.json), and their benchmarks: V8 takes these flags from the command line only. It has four threads of its own by itself,
 * whatever the machine has; with a pool of 0 as many as there are processors besides that of the app, which waits for the others otherwise.
 */

/** Where the app answers requests, V8 must not give memory back meanwhile: a full collection every 100 seconds. */
export const SERVING_FLAGS: readonly string[] = ['--no-memory-reducer', '--v8-pool-size=0'];

/**
 * A simulated month keeps most of what it makes. Each collection of the young generation looks at every page of the old one, so with gigabytes of them the young
 * one must be large, in MB, from the beginning; of a huge fleet twice as large (heapGrowth.ts). V8 learns which places in the code make objects that grow old, and makes them old at once: in a month most of
 * those die soon all the same, and until the next full collection what they point to stays in memory. And by itself it drops what it has compiled of functions that were not
 * called for some collections, and compiles them again: what a month calls it calls in windows, with days between.
 */
export const MONTH_FLAGS: readonly string[] = [
  '--v8-pool-size=0',
  '--min-semi-space-size=64',
  '--max-semi-space-size=128',
  '--no-allocation-site-pretenuring',
  '--no-flush-bytecode',
];

/** A million VMs are planned in less memory so (docs/performance.md). */
export const PLAN_FLAGS: readonly string[] = ['--v8-pool-size=0'];
