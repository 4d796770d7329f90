import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Azurite } from '../../local/azurite';
import { startAzurite } from '../support/azurite';
import { windowsFleet } from '../support/windowsVm';
import { repository, startHost, type Host } from '../emulator/support/nativeHost';
import { currentVersion } from './support/record';

const RELEASED_UTC = '2026-11-10T18:00:00.000Z';
const ROLLOUT = 'rollout-2026-11';
const NEXT_VERSION = '1.1';
const HOUR_MS = 3_600_000;

const fleet = JSON.stringify(windowsFleet(['eastus', 'northeurope', 'japaneast'], 1));

/** A deployment: a folder of its own, in which nothing but the version of new instances differs. */
function deploy(folder: string, version: string): string {
  const appDir = join(folder, version);
  mkdirSync(appDir);
  cpSync(join(repository, 'package.json'), join(appDir, 'package.json'));
  cpSync(join(repository, 'dist'), join(appDir, 'dist'), { recursive: true });
  const host = readFileSync(join(repository, 'host.json'), 'utf8');
  const before = `"defaultVersion": "${currentVersion()}"`;
  expect(host).toContain(before);
  writeFileSync(join(appDir, 'host.json'), host.replace(before, `"defaultVersion": "${version}"`));
  return appDir;
}

interface Listed {
  readonly instanceId: string;
  readonly name: string;
}

/** Every orchestration there ever was, with the version it runs in. */
async function instances(host: Host): Promise<Map<string, { name: string; version: string | null }>> {
  const all = new Map<string, { name: string; version: string | null }>();
  const { body } = await host.request('GET', '/runtime/webhooks/durabletask/instances?top=10000');
  for (const { instanceId, name } of body as Listed[])
    if (!name.startsWith('@'))
      all.set(instanceId, { name, version: host.instance(instanceId)?.version ?? null });
  return all;
}

describe('a rollout in flight', () => {
  const cache = join(repository, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'deployment-'));
  let azurite: Azurite;
  const start = (appDir: string): Promise<Host> =>
    startHost({
      appDir,
      clock: { kind: 'virtual', startUtc: RELEASED_UTC },
      store: { kind: 'journal', path: join(folder, 'journal') },
      engine: 'session',
      strict: true,
      environment: {
        AzureWebJobsStorage: azurite.connectionString,
        LOWTIDE_STORE: 'tables',
        LOWTIDE_DRIVER: 'simulated',
        LOWTIDE_STATE_DIR: join(folder, 'simulated-azure'),
        LOWTIDE_FLEET: join(folder, 'fleet.json'),
        LOWTIDE_SEED: '1',
        LOWTIDE_SCENARIO: '',
        LOWTIDE_SWEEP_SCHEDULE: '0 10 */6 * * *',
      },
    });
  const state = async (host: Host): Promise<unknown> =>
    ((await host.request('GET', `/api/rollouts/${ROLLOUT}`)).body as { state: unknown }).state;
  const hoursLater = (hours: number): string =>
    new Date(Date.parse(RELEASED_UTC) + hours * HOUR_MS).toISOString();

  beforeAll(async () => {
    writeFileSync(join(folder, 'fleet.json'), fleet);
    azurite = await startAzurite();
  });
  afterAll(async () => {
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('survives a deployment: it and its children keep their version to the end, new instances get the new one', async () => {
    const old = await start(deploy(folder, '1.0'));
    await old.runUntil(hoursLater(22.5)); // in the middle of the second phase's installation
    expect(await state(old)).toBe('running');
    const before = await instances(old);
    const inFlight = [...before].filter(([id]) => old.instance(id)?.runtimeStatus === 'Running');
    expect(inFlight.map(([, { name }]) => name)).toEqual(
      expect.arrayContaining(['monthlyRollout', 'updateDomainRollout']),
    );
    await old.close();

    const fresh = await start(deploy(folder, NEXT_VERSION));
    for (let hours = 24; hours <= 30 * 24 && (await state(fresh)) !== 'ended'; hours += 10)
      await fresh.runUntil(hoursLater(hours));
    expect(await state(fresh)).toBe('ended');

    const after = await instances(fresh);
    const begun = [...after].filter(([id]) => !before.has(id));
    const ofTheRollout = begun.filter(([id]) => id.startsWith(ROLLOUT));
    expect(new Set([...before.values()].map(({ version }) => version))).toEqual(new Set(['1.0']));
    expect(after.get(ROLLOUT)).toEqual({ name: 'monthlyRollout', version: '1.0' });
    expect(new Set(ofTheRollout.map(([, { name }]) => name))).toContain('updateDomainRollout');
    expect(new Set(ofTheRollout.map(([, { version }]) => version))).toEqual(new Set(['1.0']));
    const sweeps = begun.filter(([id]) => /Sweep-\d/.test(id));
    expect(sweeps.length).toBeGreaterThan(0);
    expect(new Set(sweeps.map(([, { version }]) => version))).toEqual(new Set([NEXT_VERSION]));
    const { body } = await fresh.request('GET', `/api/rollouts/${ROLLOUT}`);
    expect(body).toMatchObject({ outcomes: { patched: 3 }, halts: [] });
    await fresh.close();
  });
});
