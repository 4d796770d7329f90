import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseOf } from '../../domain/release';
import { Month } from '../../domain/ids';
import type * as BeginModule from '../../cli/beginMonth';
import type * as FollowModule from '../../cli/followRollout';
import type * as SimulateModule from '../../local/simulateMonth';
import { loadNatively, repository, startHost } from '../emulator/support/nativeHost';
import { startLowtide } from './lowtideProcess';

const MONTH = '2026-11';

const folder = mkdtempSync(join(tmpdir(), 'lowtide-start-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a line when a file of the app, or of the host that loads it, is asked for. */
const WATCH_LOADING = `
const Module = require('node:module');
const load = Module._load;
let isLoaded = false;
Module._load = function (file, ...rest) {
  const known = Module._resolveFilename(file, ...rest);
  if (!isLoaded && /dist.functions./.test(known)) {
    isLoaded = true;
    process.stdout.write('THE APP IS LOADED\\n');
  }
  return load.call(this, file, ...rest);
};
`;

test('start says what it does before it loads the app or starts Azurite', async () => {
  const hook = join(folder, 'watchLoading.cjs');
  writeFileSync(hook, WATCH_LOADING);
  const run = startLowtide(['start', '--port', '0', '--state', join(folder, 'state')], {
    NODE_OPTIONS: `--require ${hook}`,
  });
  await run.said(/Serving http/);
  await run.stop();
  const lines = run.output().split('\n');
  const first = lines.findIndex((line) => line.startsWith('rollout-20'));
  const loaded = lines.indexOf('THE APP IS LOADED');
  expect(first).toBe(0);
  expect(loaded).toBeGreaterThan(first);
});

/** The month of a small fleet as start lets it pass, at a speed: how its phases, outcomes and gates stand at its end. */
async function month(speed: number, port: number): Promise<Record<string, unknown>> {
  const { followRollout } = loadNatively('dist/cli/followRollout.js') as typeof FollowModule;
  const { beginMonth } = loadNatively('dist/cli/beginMonth.js') as typeof BeginModule;
  const host = await startHost({
    appDir: repository,
    clock: { kind: 'virtual', startUtc: releaseOf(Month.parse(MONTH)) },
    store: { kind: 'memory' },
    engine: 'session',
    port,
    environment: {
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: '',
      LOWTIDE_SCENARIO: '',
      LOWTIDE_SEED: '1',
    },
  });
  const said = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const fleet = readFileSync(join(repository, 'fleets', 'e2e.json'), 'utf8');
    const id = `rollout-${MONTH}`;
    await beginMonth(host, { id, month: Month.parse(MONTH), fleet });
    await followRollout({ host, id, speed, keepGoing: true });
    const { state, phases, outcomes, reasons, endedUtc } = (await host.request('GET', `/api/rollouts/${id}`))
      .body as Record<string, unknown>;
    return { state, phases, outcomes, reasons, endedUtc };
  } finally {
    said.mockRestore();
    await host.close();
  }
}

test('the month is the same, to the millisecond, at any speed and any port, and in simulate', async () => {
  const fast = await month(1_000_000_000, 0);
  expect(fast).toMatchObject({ state: 'ended' });
  expect(JSON.stringify(fast)).toContain('"startedUtc":"2026-11-');
  expect(await month(400_000, 0)).toEqual(fast);
  const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof SimulateModule;
  const fleet = join(repository, 'fleets', 'e2e.json');
  const { phases, outcomes, reasons } = await simulateMonth({ fleet, seed: 1, month: MONTH });
  const { phases: started, ...counts } = fast;
  expect(counts).toMatchObject({ outcomes, reasons });
  expect(phases).toEqual(started);
});
