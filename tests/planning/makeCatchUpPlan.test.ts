import { defaultPolicy } from '../../domain/policy';
import { makeCatchUpPlan } from '../../planning/makeCatchUpPlan';
import { vmsOf } from '../support/builders';

const planned = (count: number, inSubscription: number) =>
  makeCatchUpPlan({
    vms: vmsOf(count, () => ({ region: 'eastus', zone: null })),
    policy: defaultPolicy,
    nowUtc: '2026-11-14T03:10:00.000Z',
    setSizes: new Map(),
    standaloneCount: () => inSubscription,
  }).flatMap(({ stages }) => stages.flatMap(({ groups }) => groups));

describe('A catch-up', () => {
  test('R-111: of 600 VMs is one batch, with as many rounds side by side as the share of their subscription allows', () => {
    const [all, ...others] = planned(600, 3_000); // a fifth of 3,000 may be down
    expect([all?.vmCount, others]).toEqual([600, []]);
    expect(all?.atOnce).toBe(all?.rounds.length);
    const starts = new Set(all?.rounds.map(({ expectedStartUtc }) => expectedStartUtc.slice(0, 10)));
    expect([...starts]).toEqual(['2026-11-14']);
  });

  test('INV-15: runs no more rounds side by side than that share', () => {
    const [all] = planned(600, 600); // 120 may be down, in rounds of at most 80
    const largest = Math.max(...(all?.rounds ?? []).map(({ vmIds }) => vmIds.length));
    expect((all?.atOnce ?? 0) * largest).toBeLessThanOrEqual(120);
  });
});
