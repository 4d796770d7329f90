import type { FakeServices } from './fakeServices';

type Step = (call: () => Promise<unknown>) => Promise<unknown>;

const STEPPED = [
  'driver',
  'inventory',
  'rollouts',
  'plans',
  'outcomes',
  'operations',
  'assessments',
  'audit',
];

/** The same services, every call into which goes through `step`. */
function stepped(services: FakeServices, step: Step): FakeServices {
  const wrap = (target: object): object =>
    new Proxy(target, {
      get: (inner, name): unknown => {
        const member: unknown = Reflect.get(inner, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => step(() => Reflect.apply(member, inner, args) as Promise<unknown>);
      },
    });
  const parts = STEPPED.map((part) => [part, wrap(Reflect.get(services, part) as object)]);
  return { ...services, ...(Object.fromEntries(parts) as object) };
}

/** Lets a process die at its n-th call (counted from 1), right before the call or right after it took effect: nothing catches that. */
export async function dyingAt(
  services: FakeServices,
  n: number,
  when: 'before' | 'after',
  work: (services: FakeServices) => Promise<unknown>,
): Promise<void> {
  let calls = 0;
  await new Promise<void>((over, fail) => {
    const die = (): Promise<never> => {
      over();
      return new Promise<never>(() => undefined);
    };
    const crashable = stepped(services, async (call) => {
      calls += 1;
      const own = calls;
      if (own === n && when === 'before') return die();
      const result = await call();
      return own === n ? die() : result;
    });
    work(crashable).then(() => {
      over();
    }, fail);
  });
}

/** The services for a process that stands still after its n-th call until `meanwhile` is over. */
export function pausingAfter(
  services: FakeServices,
  n: number,
  meanwhile: () => Promise<unknown>,
): FakeServices {
  let calls = 0;
  return stepped(services, async (call) => {
    calls += 1;
    const own = calls;
    const result = await call();
    if (own === n) await meanwhile();
    return result;
  });
}

/** How many calls into the services some work makes. */
export async function countCalls(
  services: FakeServices,
  work: (services: FakeServices) => Promise<unknown>,
): Promise<number> {
  let calls = 0;
  await work(
    stepped(services, (call) => {
      calls += 1;
      return call();
    }),
  );
  return calls;
}

/**
 * Runs several pieces of work side by side, in every order in which their calls into the services can follow each other. `scene` makes a
 * new services for each order and says what must hold at its end. Returns how many orders there were.
 */
export async function everyInterleaving(
  scene: () => Promise<{
    readonly services: FakeServices;
    readonly works: readonly ((services: FakeServices) => Promise<unknown>)[];
    readonly atTheEnd: () => Promise<void>;
  }>,
): Promise<number> {
  let orders = 0;
  let choices: number[] | null = [];
  while (choices !== null) {
    const { services, works, atTheEnd } = await scene();
    const options = await inOrder(services, works, choices);
    await atTheEnd();
    orders += 1;
    choices = nextOrder(choices, options);
  }
  return orders;
}

/** Depth first: the last choice that has an alternative takes it. */
function nextOrder(choices: readonly number[], options: readonly number[]): number[] | null {
  for (let at = options.length - 1; at >= 0; at -= 1) {
    const chosen = choices[at] ?? 0;
    if (chosen + 1 < (options[at] ?? 0))
      return [...options.slice(0, at).map((_, n) => choices[n] ?? 0), chosen + 1];
  }
  return null;
}

/** Lets one waiting call through at a time, as `choices` say (the first where they are silent); returns how many could have gone. */
export async function inOrder(
  services: FakeServices,
  works: readonly ((services: FakeServices) => Promise<unknown>)[],
  choices: readonly number[],
): Promise<number[]> {
  const waiting: (() => void)[][] = works.map(() => []);
  let running = works.length;
  const all = works.map(async (work, process) => {
    const own = stepped(services, async (call) => {
      await new Promise<void>((go) => waiting[process]?.push(go));
      return call();
    });
    try {
      await work(own);
    } finally {
      running -= 1;
    }
  });
  const options: number[] = [];
  for (;;) {
    await microtasks();
    if (running === 0) break;
    const ready = waiting.filter(({ length }) => length > 0); // each process makes its calls in its own order
    const go = ready[(choices[options.length] ?? 0) % ready.length]?.shift();
    if (!go) throw new Error('Work waits for something that is not one of the services.');
    options.push(ready.length);
    go();
  }
  await Promise.all(all);
  return options;
}

/** Lets everything run that waits for nothing: the stores in memory answer within a few microtasks. */
async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}
