import type { RealKillsOptions, RealKillsReport } from '../../../lab/faults/processKills';
import { loadNatively } from '../../emulator/support/nativeHost';

const { runRealKills } = loadNatively('dist/lab/faults/processKills.js') as {
  runRealKills: (options: RealKillsOptions) => Promise<RealKillsReport>;
};

describe('processes that are really killed', () => {
  it('lose nothing that was acknowledged, and repeat no installation', async () => {
    const report = await runRealKills({ seed: 3, vms: 12, kills: 5, onProgress: () => undefined });
    expect(report.kills.app + report.kills.azurite).toBe(5);
    expect(report.installs).toBeGreaterThan(5);
    expect(report.violations).toEqual([]);
  });
});
