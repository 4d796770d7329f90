import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverEvent } from '../../drivers/driver';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { defaultPolicy } from '../../domain/policy';
import type { Azurite } from '../../local/azurite';
import { auditEvents } from '../../local/auditEvents';
import { auditRollouts, outcomesOf, rolloutsOf, trailOf } from '../../local/reportedRollouts';
import { startLowtide } from '../cli/lowtideProcess';
import { startAzurite } from '../support/azurite';
import { windowsFleet } from '../support/windowsVm';
import { repository, startHost, type Host } from './support/nativeHost';

const RELEASED = '2026-11-10T18:00:00.000Z';
const DAY_MS = 86_400_000;
/** Bakes of an hour: twelve VMs are done by then, and what takes time is a day of the faithful engine. */
const POLICY = { ...defaultPolicy, bakeAfterCanarySeconds: 3_600, bakeSeconds: 3_600 };
const DAYS = 4;
const daysLater = (days: number): string => new Date(Date.parse(RELEASED) + days * DAY_MS).toISOString();

const FLEET = JSON.stringify(windowsFleet(['eastus', 'northeurope', 'japaneast', 'brazilsouth'], 3));

describe('two hosts on one hub, with the driver served to both', () => {
  let azurite: Azurite;
  let served: ReturnType<typeof startLowtide>;
  let host: Host;
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-two-hosts-'));
  const log = join(folder, 'events.jsonl');
  const fleet = parseFleet(FLEET, 'the fleet');

  beforeAll(async () => {
    azurite = await startAzurite();
    const fleetFile = join(folder, 'fleet.json');
    writeFileSync(fleetFile, FLEET);
    served = startLowtide(['driver', '--fleet', fleetFile, '--seed', '1', '--port', '0', '--events', log]);
    const [, url = ''] = await served.said(/LOWTIDE_DRIVER_URL=(\S+)/);
    host = await startHost({
      appDir: repository,
      clock: { kind: 'virtual', startUtc: RELEASED },
      store: { kind: 'memory' },
      engine: 'faithful',
      strict: true,
      environment: {
        AzureWebJobsStorage: azurite.connectionString,
        LOWTIDE_STORE: 'tables',
        LOWTIDE_DRIVER: 'served',
        LOWTIDE_DRIVER_URL: url,
        LOWTIDE_STATE_DIR: '',
        LOWTIDE_FLEET: '',
        LOWTIDE_SCENARIO: '',
        LOWTIDE_SWEEP_SCHEDULE: '0 10 */6 * * *',
        LOWTIDE_BAKE_AFTER_CANARY: 'PT1H',
        LOWTIDE_BAKE: 'PT1H',
      },
    });
    await host.addWorker('second');
  });
  afterAll(async () => {
    await served.stop();
    await host.close();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('do a month together, one of them dies on the way, and nothing is violated', async () => {
    await host.runUntil(daysLater(0.5));
    expect(host.workers().map(({ partitions }) => partitions.length)).toEqual([2, 2]);
    const before = (await outcomesOf(host, 'rollout-2026-11')).filter(
      ({ kind }) => kind === 'patched',
    ).length;
    expect(before).toBeGreaterThan(0);
    host.killWorker('worker-1');
    await host.runUntil(daysLater(DAYS));
    expect(host.workers()).toMatchObject([{ alive: false }, { alive: true, partitions: [0, 1, 2, 3] }]);
    const rollouts = await rolloutsOf(host);
    expect(rollouts[0]).toMatchObject({ rolloutId: 'rollout-2026-11', state: 'ended' });
    const outcomes = await outcomesOf(host, 'rollout-2026-11');
    const patched = outcomes.filter(({ kind }) => kind === 'patched').length;
    expect(patched).toBeGreaterThan(before);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['patched', 'upToDate']));
    expect(outcomes).toHaveLength(fleet.vms.length);
    expect(await served.stop()).toBe(0); // what it writes then is all that the auditor has
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as DriverEvent);
    const report = auditEvents(events, fleet, POLICY, {
      ...auditRollouts(rollouts),
      untilUtc: daysLater(DAYS),
      outcomes,
      trail: await trailOf(host, rollouts),
    });
    expect(report.violations).toEqual([]);
    expect(report.installs).toEqual({ rollout: patched, onDemand: 0 });
  });

  it('has no ARM-compatible API, and what looks into the simulated driver is refused in words', async () => {
    expect((await host.request('GET', '/subscriptions?api-version=2022-12-01')).status).toBe(404);
    expect(await host.request('POST', '/api/fleet', FLEET)).toMatchObject({
      status: 409,
      body: { code: 'DRIVER_CANNOT' },
    });
  });
});
