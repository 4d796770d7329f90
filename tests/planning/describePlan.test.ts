import { Policy } from '../../domain/policy';
import { describePlan } from '../../planning/describePlan';
import { aSet, aVm, vmsOf } from '../support/builders';
import { expectGolden } from '../support/golden';
import { planOf } from '../support/fleets';

describe('the plan in words', () => {
  test('R-201: a person can read which regions are patched when, and which VMs are not', () => {
    const shop = aSet('shop');
    const vms = [
      ...vmsOf(40, (n) => ({
        name: `web-${n}`,
        region: 'westeurope',
        zone: String((n % 3) + 1),
        subscriptionId: `s${n % 4}`,
      })),
      ...vmsOf(12, (n) => ({
        name: `shop-${n}`,
        region: 'westeurope',
        availabilitySetId: shop,
        updateDomain: n % 5,
      })),
      ...vmsOf(9, (n) => ({ name: `dr-${n}`, region: 'northeurope', subscriptionId: `s${n % 4}` })),
      ...vmsOf(25, (n) => ({ name: `us-${n}`, region: 'eastus', subscriptionId: `s${n % 5}` })),
      aVm({ name: 'us-tokyo', region: 'eastus', timeZone: 'Tokyo Standard Time' }),
      ...vmsOf(6, (n) => ({ name: `test-${n}`, region: 'uksouth' })),
      ...vmsOf(3, (n) => ({ name: `far-${n}`, region: 'atlantis' })),
      ...vmsOf(2, (n) => ({ name: `hand-${n}`, patchMode: 'Manual', enableAutomaticUpdates: false })),
      aVm({ name: 'golden-image', customImage: true }),
    ];
    expectGolden('plan.txt', describePlan(planOf(vms)));
  });

  test('R-109: the late are named with their reason, and counted where they are many', () => {
    const vms = vmsOf(12, (n) => ({
      name: `db-${n}`,
      availabilitySetId: aSet('databases'),
      updateDomain: n,
    }));
    const policy = Policy.parse({ offPeakOpens: '22:00', offPeakCloses: '00:00', forecastTargetDays: 3 });
    expectGolden('plan-late.txt', describePlan(planOf(vms, { policy }), { lateMax: 3 }));
  });

  test('an empty fleet is shown at a glance', () => {
    expect(describePlan(planOf([]))).toContain('nothing to do');
  });
});
