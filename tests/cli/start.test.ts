import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseOf } from '../../domain/release';
import { Month } from '../../domain/ids';
import type * as BeginModule from '../../cli/beginMonth';
import type * as FollowModule from '../../cli/followRollout';
import type * as StartModule from '../../cli/start';
import type * as SettingsModule from '../../local/appSettings';
import type * as SimulateModule from '../../local/simulateMonth';
import { loadNatively, repository, startLowtideHost } from '../emulator/support/nativeHost';
import { saysWhenTheAppIsLoaded, startLowtide } from './lowtideProcess';

const MONTH = '2026-11';

const folder = mkdtempSync(join(tmpdir(), 'lowtide-start-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('start says what it does before it loads the app or starts Azurite', async () => {
  const run = startLowtide(
    ['start', '--port', '0', '--state', join(folder, 'state')],
    saysWhenTheAppIsLoaded(folder),
  );
  await run.said(/Serving http/);
  await run.stop();
  const lines = run.output().split('\n');
  const first = lines.findIndex((line) => line.startsWith('rollout-20'));
  const loaded = lines.indexOf('THE APP IS LOADED');
  expect(first).toBe(0);
  expect(loaded).toBeGreaterThan(first);
});

/** A part of Contoso, which is made for the images of 2021: six time zones, zones, an availability set, images that only one of the profiles has. */
const GROUPS = [
  'rg-followsun',
  'rg-nepal',
  'rg-lordhowe',
  'rg-golden',
  'rg-newer',
  'rg-shop-api-66',
  'rg-payroll-batch-60',
];
const shipped = join(repository, 'fleets', 'contoso.json');
const part = join(folder, 'contoso-part.json');
beforeAll(() => {
  const { virtualMachines, availabilitySets } = JSON.parse(readFileSync(shipped, 'utf8')) as Record<
    'virtualMachines' | 'availabilitySets',
    readonly { readonly resourceGroup: string }[]
  >;
  const isPart = ({ resourceGroup }: { readonly resourceGroup: string }): boolean =>
    GROUPS.includes(resourceGroup);
  writeFileSync(
    part,
    JSON.stringify({
      virtualMachines: virtualMachines.filter(isPart),
      availabilitySets: availabilitySets.filter(isPart),
    }),
  );
});

/** The month of a part of Contoso as start lets it pass, at a speed: how its phases, outcomes and gates stand at its end. */
async function month(speed: number): Promise<Record<string, unknown>> {
  const { followRollout } = loadNatively('dist/cli/followRollout.js') as typeof FollowModule;
  const { beginMonth } = loadNatively('dist/cli/beginMonth.js') as typeof BeginModule;
  const { startSettings } = loadNatively('dist/cli/start.js') as typeof StartModule;
  const host = await startLowtideHost({
    clock: { kind: 'virtual', startUtc: releaseOf(Month.parse(MONTH)) },
    store: { kind: 'memory' },
    engine: 'session',
    port: 0,
    environment: {
      ...startSettings({ fleet: shipped, seed: 1 }).values,
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
    },
  });
  const said = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const id = `rollout-${MONTH}`;
    await beginMonth(host, { id, month: Month.parse(MONTH), fleet: readFileSync(part, 'utf8') });
    await followRollout({ host, id, speed, keepGoing: true });
    const { state, phases, outcomes, reasons, endedUtc } = (await host.request('GET', `/api/rollouts/${id}`))
      .body as Record<string, unknown>;
    return { state, phases, outcomes, reasons, endedUtc };
  } finally {
    said.mockRestore();
    await host.close();
  }
}

test('after the month time goes on from the instant up to which it was judged', async () => {
  const { withRealTime } = loadNatively('dist/cli/start.js') as typeof StartModule;
  const nowUtc = '2026-11-15T17:00:00.000Z';
  const withClock = jest.fn();
  await withRealTime({ host: { nowUtc: () => nowUtc }, withClock } as unknown as Parameters<
    typeof withRealTime
  >[0]);
  expect(withClock).toHaveBeenCalledWith({ kind: 'spedUp', speed: 1, startUtc: nowUtc });
});

test('the month of a shipped fleet is the same, to the millisecond, at any speed, and in simulate', async () => {
  const fast = await month(1_000_000_000);
  expect(fast).toMatchObject({ state: 'ended', outcomes: { patched: expect.any(Number) as number } });
  expect(JSON.stringify(fast)).toContain('"startedUtc":"2026-11-');
  expect(await month(400_000)).toEqual(fast);
  const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof SimulateModule;
  const { readAppSettings } = loadNatively('dist/local/appSettings.js') as typeof SettingsModule;
  const settings = readAppSettings({ fleet: shipped });
  const options = { fleet: part, seed: 1, month: MONTH, settings, keepApp: true };
  const { phases, outcomes, reasons } = await simulateMonth(options);
  const { phases: started, ...counts } = fast;
  expect(counts).toMatchObject({ outcomes, reasons });
  expect(phases).toEqual(started);
});
