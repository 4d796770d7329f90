import { keptPlans, type MadePlan } from '../../activities/rollout/keptPlan';
import { vmsOf } from '../support/builders';
import { planOf } from '../support/fleets';

const vms = vmsOf(3, (n) => ({ name: `vm-${n}` }));
const plan: MadePlan = { made: planOf(vms), leftOut: [], fingerprint: 'a' };

describe('the plan that is kept from step to step', () => {
  beforeEach(() => {
    keptPlans.keep(vms, 'asked', plan);
  });

  it('is that of the same VMs, made from the same beside them', () => {
    expect(keptPlans.of([...vms], 'asked')).toBe(plan);
  });

  it('is not that of other VMs, nor one that was made from something else', () => {
    const [first, ...rest] = vms;
    if (first === undefined) throw new Error('a VM');
    expect(keptPlans.of(vms, 'asked later')).toBeUndefined();
    expect(keptPlans.of([first], 'asked')).toBeUndefined();
    expect(keptPlans.of([first, ...rest.map((vm) => ({ ...vm }))], 'asked')).toBeUndefined();
    expect(keptPlans.of([], 'asked')).toBeUndefined();
  });

  it('is forgotten once it is written', () => {
    keptPlans.forget(vms);
    expect(keptPlans.of(vms, 'asked')).toBeUndefined();
  });
});
