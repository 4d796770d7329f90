import { memoryJournal } from '../../drivers/simulated/log/requestJournal';
import { simulatedDriver, type SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { serveDriver, type ServedDriver } from '../../drivers/served/serveDriver';
import { defaultPolicy } from '../../domain/policy';
import type { Azurite } from '../../local/azurite';
import { auditEvents } from '../../local/auditEvents';
import { auditRollouts, outcomesOf, rolloutsOf, trailOf } from '../../local/rolloutEvidence';
import { startAzurite } from '../support/azurite';
import { repository, startHost, type Host } from './support/nativeHost';

const RELEASED = '2026-11-10T18:00:00.000Z';
const DAY_MS = 86_400_000;
const MINUTES = 60_000;
/** Twelve VMs are done by then, and the next release is not out. */
const DAYS = 24;
const daysLater = (days: number): string => new Date(Date.parse(RELEASED) + days * DAY_MS).toISOString();

const FLEET = JSON.stringify({
  virtualMachines: ['eastus', 'northeurope', 'japaneast', 'brazilsouth'].flatMap((location) =>
    [1, 2, 3].map((n) => ({
      id: `/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${location}-${n}`,
      location,
      properties: {
        storageProfile: {
          imageReference: {
            publisher: 'MicrosoftWindowsServer',
            offer: 'WindowsServer',
            sku: '2019-Datacenter',
            version: 'latest',
          },
        },
        osProfile: {
          windowsConfiguration: {
            provisionVMAgent: true,
            enableAutomaticUpdates: true,
            patchSettings: { patchMode: 'AutomaticByPlatform' },
          },
        },
      },
    })),
  ),
});

describe('two hosts on one hub, with the driver served to both', () => {
  let azurite: Azurite;
  let served: ServedDriver;
  let driver: SimulatedDriver;
  let host: Host;
  const fleet = parseFleet(FLEET, 'the fleet');

  beforeAll(async () => {
    azurite = await startAzurite();
    served = await serveDriver((nowUtc) => {
      driver = simulatedDriver({ fleet, seed: 1, scenario: null, journal: memoryJournal(), nowUtc });
      return driver;
    }, 0);
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
        LOWTIDE_DRIVER_URL: served.url,
        LOWTIDE_STATE_DIR: '',
        LOWTIDE_FLEET: '',
        LOWTIDE_SCENARIO: '',
        LOWTIDE_SWEEP_SCHEDULE: '0 10 */6 * * *',
      },
    });
    await host.addWorker('second');
  }, 2 * MINUTES);
  afterAll(async () => {
    await host.close();
    await served.close();
    await azurite.stop();
  });

  it(
    'do a month together, one of them dies on the way, and nothing is violated',
    async () => {
      await host.runUntil(daysLater(1.5));
      expect(host.workers().map(({ partitions }) => partitions.length)).toEqual([2, 2]);
      const before = [...driver.events()].filter(({ action }) => action === 'installStarted').length;
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
      const report = auditEvents([...driver.events()], fleet, defaultPolicy, {
        ...auditRollouts(rollouts),
        untilUtc: daysLater(DAYS),
        outcomes,
        trail: await trailOf(host, rollouts),
      });
      expect(report.violations).toEqual([]);
      expect(report.installs).toEqual({ rollout: patched, onDemand: 0 });
    },
    5 * MINUTES,
  );

  it('has no ARM-compatible API, and what looks into the simulated driver is refused in words', async () => {
    expect((await host.request('GET', '/subscriptions?api-version=2022-12-01')).status).toBe(404);
    expect(await host.request('POST', '/api/fleet', FLEET)).toMatchObject({
      status: 409,
      body: { code: 'DRIVER_CANNOT' },
    });
  });
});
