/**
 * What commands are started with (package.json), and their benchmarks: V8 takes these flags from the command line only. It has four threads of its own by itself,
 * whatever the machine has; with a pool of 0 as many as there are processors besides that of the app, which waits for the others otherwise.
 */

/** Where the app answers requests, V8 must not give memory back meanwhile: a full collection every 100 seconds. */
export const SERVING_FLAGS: readonly string[] = ['--no-memory-reducer', '--v8-pool-size=0'];

/** A simulated month keeps most of what it makes: its young generation, in MB, begins as large as it may become. */
export const MONTH_FLAGS: readonly string[] = ['--v8-pool-size=0', '--min-semi-space-size=16'];

/** A million VMs are planned in less memory so (docs/performance.md). */
export const PLAN_FLAGS: readonly string[] = ['--v8-pool-size=0'];
