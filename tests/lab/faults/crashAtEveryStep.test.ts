import type { PointsOptions, PointsReport } from '../../../lab/faults/crashAtEveryStep';
import { loadNatively } from '../../emulator/support/nativeHost';

const { runEveryPoint } = loadNatively('dist/lab/faults/crashAtEveryStep.js') as {
  runEveryPoint: (options: PointsOptions) => Promise<PointsReport>;
};

describe('a host that crashes', () => {
  it('loses nothing, at a sample of all the steps that it persists in a rollout', async () => {
    const report = await runEveryPoint({ vms: 20, remainder: 0, of: 1, every: 60, alone: false });
    expect(report.violations).toEqual([]);
    expect(report.exist).toBeGreaterThan(2500);
    expect([report.hit, report.missed]).toEqual([report.aimed, []]);
  });
});
