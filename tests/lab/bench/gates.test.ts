import { defaultPolicy } from '../../../domain/policy';
import { simulateCell, simulateFamilyMonth } from '../../../lab/bench/gates';

const family = { vmCount: 10_000, isCanary: false, underWayMax: 1_000 };

describe('a month of one image family under the real rules', () => {
  test('a patch that breaks every VM breaks five', () => {
    const cell = simulateCell({ ...family, unhealthyPercent: 100 }, 50);
    expect(cell).toMatchObject({ unhealthyMean: 5, haltedPercent: 100 });
  });

  test('a patch that breaks a fifth of the VMs halts every month, after few of them', () => {
    const cell = simulateCell({ ...family, unhealthyPercent: 20 }, 300);
    expect(cell.haltedPercent).toBe(100);
    expect(cell.unhealthyMean).toBeLessThanOrEqual(6);
  });

  test('without the rules for small numbers the same patch breaks more: they are what halts it', () => {
    const policy = { ...defaultPolicy, firstResultsUnhealthyMin: 1_000, roundUnhealthyMin: 1_000 };
    const cell = simulateCell({ ...family, unhealthyPercent: 20, policy }, 300);
    expect(cell.unhealthyMean).toBeGreaterThan(6);
  });

  test('without exposure a bad patch reaches as many VMs as can be installed at once', () => {
    const policy = { ...defaultPolicy, evidenceFirst: 10_000 };
    const month = simulateFamilyMonth({ ...family, unhealthyPercent: 100, policy, seed: 'x' });
    expect(month.unhealthyCount).toBe(1_000);
  });

  test('the same seed gives the same month, twice', () => {
    const month = { ...family, unhealthyPercent: 2, seed: 'twice' };
    expect(simulateFamilyMonth(month)).toEqual(simulateFamilyMonth(month));
  });
});
