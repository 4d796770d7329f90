import type { AppFolder } from './support/appFolder';
import { startHost, type Host } from './support/nativeHost';
import { startVirtual, testApp } from './support/testApp';

const SOURCE = `
const runs: { begins: string; isPastDue: boolean; beside: number }[] = [];
let underWay = 0;
const run = async (timer: any, work: () => Promise<unknown>) => {
  runs.push({ begins: DateTime.utc().toISO(), isPastDue: timer.isPastDue, beside: underWay });
  underWay += 1;
  await work();
  underWay -= 1;
};
let firstMayEnd: () => void = () => undefined;
const first = new Promise<void>((resolve) => { firstMayEnd = resolve; });
app.timer('everySecond', { schedule: '* * * * * *', handler: (timer) => run(timer, () => process.env.LONG === 'first' ? first : new Promise((resolve) => setTimeout(resolve, 30))) });
app.http('runs', { route: 'runs', methods: ['GET'], handler: async () => ({ jsonBody: { runs } }) });
app.http('end', { route: 'end', methods: ['POST'], handler: async () => { firstMayEnd(); return { status: 204 }; } });
`;

interface Run {
  readonly begins: string;
  readonly isPastDue: boolean;
  readonly beside: number;
}

let app: AppFolder;
let host: Host;

beforeAll(() => {
  app = testApp(SOURCE);
});
afterEach(async () => {
  await host.close();
});
afterAll(() => {
  app.remove();
});

const runs = async (): Promise<readonly Run[]> =>
  ((await host.request('GET', '/runs')).body as { runs: Run[] }).runs;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function untilRuns(count: number): Promise<void> {
  while ((await runs()).length < count) await sleep(10);
}

/** On the real clock, while a run lasts until it is ended. */
async function duringTheFirst(): Promise<void> {
  host = await startHost({
    appDir: app.dir,
    clock: { kind: 'real' },
    store: { kind: 'memory' },
    environment: { LONG: 'first' },
  });
  await untilRuns(1);
}

/** As TimerListener of the real host: `isPastDue` says that it was down, not that the run before it was long. */
test('a timer function that takes longer than its period makes up for what it missed once, when it has ended', async () => {
  await duringTheFirst();
  await sleep(2_200); // two occurrences
  expect(await runs()).toHaveLength(1);
  await host.request('POST', '/end');
  const endedMs = Date.now();
  await untilRuns(3);
  const [, madeUpFor, next] = await runs();
  expect([madeUpFor?.isPastDue, madeUpFor?.beside, next?.beside]).toEqual([false, 0, 0]);
  const secondOf = (instant: string | undefined): number => Math.floor(Date.parse(instant ?? '') / 1000);
  // At once, and then with the schedule again: what was missed was two occurrences.
  expect(Date.parse(madeUpFor?.begins ?? '') - endedMs).toBeLessThan(500);
  expect(secondOf(next?.begins) - secondOf(madeUpFor?.begins)).toBe(1);
});

test('a host that closes during a run makes up for nothing any more', async () => {
  await duringTheFirst();
  await sleep(1_100);
  await host.close();
  await host.request('POST', '/end');
  await sleep(50);
  expect(await runs()).toHaveLength(1);
});

test('on the virtual clock a run takes no time, and none is missed', async () => {
  host = await startVirtual(app, { environment: { LONG: 'none' } });
  await host.runUntil('2026-11-01T00:00:04.500Z');
  expect(await runs()).toEqual(
    [1, 2, 3, 4].map((second) => ({
      begins: `2026-11-01T00:00:0${second}.000Z`,
      isPastDue: false,
      beside: 0,
    })),
  );
});
