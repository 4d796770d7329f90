import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import type * as SimulateMonth from '../../local/simulateMonth';
import { loadNatively } from '../emulator/support/nativeHost';

const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof SimulateMonth;

/** Few VMs: what takes time is the month. All of contoso: `npm run simulate -- --driver azure`, docs/azure.md. */
const VMS = 8;
/** So few VMs are done by then; the rest of the month is sweeps. */
const DAYS = 6;

describe('a month through the Azure SDK and HTTP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-azure-month-'));
  const fleet = join(folder, 'fleet.json');
  writeFileSync(fleet, printGeneratedFleet(generateFleet({ vms: VMS, seed: 3 })));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('keeps every invariant by the log of the driver and by that of the platform, and the two agree', async () => {
    const report = await simulateMonth({ fleet, seed: 2, month: '2026-11', driver: 'azure', days: DAYS });
    expect(report.violations).toEqual([]);
    expect(report.azure?.disagreements).toEqual([]);
    expect(report.azure?.platformAudit.violations).toEqual([]);
    expect(report.rollouts.map(({ state }) => state)).toEqual(['ended']);
    expect(report.outcomes['patched']).toBeGreaterThan(0);
    const { requests = {} } = report.azure ?? {};
    // Not one installation more than the driver's log has: nothing is sent twice.
    const { rollout } = report.audit.installs;
    expect(requests['POST installPatches']).toBeGreaterThanOrEqual(rollout);
    expect(requests['PATCH virtualMachine']).toBeUndefined();
  });
});
