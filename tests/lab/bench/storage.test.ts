import { join } from 'node:path';
import type * as Storage from '../../../lab/bench/storage';
import { loadNatively, repository } from '../../emulator/support/nativeHost';

const { countRequests, IDLE_MAX, idleRequests, recordedSettings, storageTable, workRequests } = loadNatively(
  'dist/lab/bench/storage.js',
) as typeof Storage;
const CONTOSO = join(repository, 'fleets', 'contoso.json');

/**
 * Recorded on the real host on 25 November 2026 with 600 VMs and the same settings: 76,800 requests without looking into queues and leases,
 * 54,193 rows in the history table, those of entities among them. The app has changed since, and does the same with fewer of both; what a row costs is the provider's.
 */
const RECORDED_PER_ROW = 76_800 / 54_193;

describe('the model of storage requests', () => {
  test('is within 30 % of the real host for the requests that a history row costs, over half an hour of 600 VMs', async () => {
    const count = await countRequests({
      fleet: CONTOSO,
      settings: recordedSettings(),
      forMs: 30 * 60_000,
      startAtOnce: true,
    });
    expect(count.vmCount).toBe(600);
    const perRow = workRequests(count.counts) / count.historyRows;
    expect(perRow / RECORDED_PER_ROW).toBeGreaterThan(0.7);
    expect(perRow / RECORDED_PER_ROW).toBeLessThan(1.3);
    // Each request of a round and of what it starts is counted once, and not those of its region, of sweeps, and of idle queues.
    const inRounds = count.rounds.reduce((sum, { requests }) => sum + requests, 0);
    expect(inRounds).toBeGreaterThan(count.counts.total('updateDomainRollout'));
    expect(inRounds).toBeLessThan(workRequests(count.counts) + count.counts.of('queueGet'));
    const installs = count.rounds.reduce((sum, one) => sum + one.installs, 0);
    expect(installs).toBeGreaterThanOrEqual(count.installCount);
    expect(storageTable(count)).toMatch(/^monthlyRollout +\d+ +\d+ +\d+ +\d+ +\d+\.\d\d$/m);
  });

  test('an idle hub with a rollout open costs hardly more than one without: what waits does not poll', async () => {
    const perMinute = await idleRequests(CONTOSO);
    expect(perMinute).toBeGreaterThan(30); // what the hub costs by itself
    expect(perMinute).toBeLessThanOrEqual(IDLE_MAX);
  });
});
