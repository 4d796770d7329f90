/** Runs `body` in an environment without a clock, random numbers, timers or network: what a replay must not need. Only its synchronous part. */
export function poisoned<R>(body: () => R): R {
  const replaced: Record<string, unknown> = {
    Date: frozenDate(),
    ...Object.fromEntries(
      ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'].map((name) => [
        name,
        deny(`${name}()`),
      ]),
    ),
  };
  const saved = Object.fromEntries(
    Object.keys(replaced).map((name) => [name, Reflect.get(globalThis, name) as unknown]),
  );
  const { random } = Math;
  Math.random = deny('Math.random()');
  Object.assign(globalThis, replaced);
  try {
    return body();
  } finally {
    Object.assign(globalThis, saved);
    Math.random = random;
  }
}

function deny(what: string): () => never {
  return () => {
    throw new Error(`${what} was called inside an orchestrator; it would differ on replay.`);
  };
}

/** Computes with instants it is given; knows none by itself. */
function frozenDate(): DateConstructor {
  return new Proxy(Date, {
    apply: deny('Date()'),
    construct: (target, args: unknown[]): Date =>
      args.length > 0 ? (Reflect.construct(target, args) as Date) : deny('new Date()')(),
    get: (target, key, receiver): unknown =>
      key === 'now' ? deny('Date.now()') : Reflect.get(target, key, receiver),
  });
}
