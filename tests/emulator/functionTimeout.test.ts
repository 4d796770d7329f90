import { FunctionTimeout, TimeLimit } from '../../emulator/functionTimeout';

let nowMs = 0;
let ring: { readonly atMs: number; readonly fire: () => void } | undefined;

beforeEach(() => {
  nowMs = 0;
  ring = undefined;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((fire: () => void, ms: number) => {
    if (ring) throw new Error('one timer serves all calls');
    ring = { atMs: nowMs + ms, fire };
    return { unref: () => ({}) };
  }) as unknown as typeof setTimeout);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Lets the time go on, and whatever was waiting for it. */
async function pass(ms: number): Promise<void> {
  nowMs += ms;
  if (ring && ring.atMs <= nowMs) {
    const { fire } = ring;
    ring = undefined;
    fire();
  }
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

const forever = (): Promise<never> => new Promise<never>(() => undefined);

test('each call has its own time, from its own beginning', async () => {
  const limit = new TimeLimit(1_000);
  const ends: string[] = [];
  const call = (name: string): void => {
    void limit.watch(name, forever()).catch((error: unknown) => {
      ends.push(`${name} ${error instanceof FunctionTimeout}`);
    });
  };
  call('first');
  await pass(600);
  call('second');
  await pass(399);
  expect(ends).toEqual([]);
  await pass(1);
  expect(ends).toEqual(['first true']);
  await pass(599);
  expect(ends).toEqual(['first true']);
  await pass(1);
  expect(ends).toEqual(['first true', 'second true']);
});

test('a call that has ended in time is forgotten, and one that begins later has all of its time', async () => {
  const limit = new TimeLimit(1_000);
  await expect(limit.watch('quick', Promise.resolve('done'))).resolves.toBe('done');
  await expect(limit.watch('fails', Promise.reject(new Error('by itself')))).rejects.toThrow('by itself');
  await pass(500);
  const ends: unknown[] = [];
  void limit.watch('late', forever()).catch((error: unknown) => ends.push(error));
  await pass(999);
  expect(ends).toEqual([]);
  await pass(1);
  expect(ends).toEqual([expect.any(FunctionTimeout)]);
});
