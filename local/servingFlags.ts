/**
 * What Node is started with where the app answers requests: `npm start`, `npm run serve`, and the benchmark of answers. V8 must not give memory back while
 * it answers, which is a full collection every 100 seconds; and has no more threads than there are processors besides that of the app, which waits for them otherwise.
 */
export const SERVING_FLAGS: readonly string[] = ['--no-memory-reducer', '--v8-pool-size=0'];
