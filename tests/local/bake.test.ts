import { writeFileSync } from 'node:fs';
import { generateFleet } from '../../fleets/generateFleet';
import type * as Simulation from '../../local/simulateMonth';
import { loadNatively } from '../emulator/support/nativeHost';
import { monthFolder } from '../support/monthFolder';

const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof Simulation;

/** A month, by the app as it is built. */
describe('R-204: VMs that break half an hour after their update', () => {
  const file = monthFolder();

  it('are seen after the bake of the canary phase, and no later phase begins', async () => {
    writeFileSync(file('fleet.json'), JSON.stringify(generateFleet({ vms: 40, seed: 3 })));
    writeFileSync(
      file('late.json'),
      JSON.stringify({
        name: 'late',
        description: 'They pass their soak.',
        effects: [{ what: 'unhealthyAfterUpdate', afterMinutes: 30 }],
      }),
    );
    const report = await simulateMonth({
      fleet: file('fleet.json'),
      seed: 1,
      month: '2026-11',
      scenario: file('late.json'),
      days: 3,
      keepApp: true,
    });
    const [canary, ...others] = report.phases;
    expect(canary?.gate?.why).toMatch(/VMs? (is|are) healthy, 0 unhealthy/);
    expect(others.map(({ startedUtc }) => startedUtc)).toEqual(others.map(() => null));
    expect(report.halts.map(({ haltId }) => haltId)).toContain('evidence.canaryUnhealthy.rollout.1');
  });
});
