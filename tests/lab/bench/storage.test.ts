import { join } from 'node:path';
import type * as Storage from '../../../lab/bench/storage';
import { loadNatively, repository } from '../../emulator/support/nativeHost';

const { countRequests, recordedSettings, storageTable, workRequests } = loadNatively(
  'dist/lab/bench/storage.js',
) as typeof Storage;
const CONTOSO = join(repository, 'fleets', 'contoso.json');

/** Recorded on the real host on 25 November 2026 with 600 VMs and the same settings; see docs/performance.md. */
const RECORDED = { all: 126_900, workPerVm: 128 };

describe('the model of storage requests', () => {
  test('is within 10 % of the real host for the work of 600 VMs in half an hour, and within 20 % for all', async () => {
    const count = await countRequests({
      fleet: CONTOSO,
      settings: recordedSettings(),
      forMs: 30 * 60_000,
      startAtOnce: true,
    });
    expect(count.vmCount).toBe(600);
    expect(workRequests(count.counts) / count.vmCount / RECORDED.workPerVm).toBeGreaterThan(0.9);
    expect(workRequests(count.counts) / count.vmCount / RECORDED.workPerVm).toBeLessThan(1.1);
    expect(count.counts.total() / RECORDED.all).toBeGreaterThan(0.8);
    expect(count.counts.total() / RECORDED.all).toBeLessThan(1.2);
    expect(storageTable(count)).toMatch(/^patchVm +\d+ +\d+ +\d+ +\d+ +\d+\.\d\d$/m);
  }, 180_000);
});
