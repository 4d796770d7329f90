import { forgetPlan, keepPlan, keptPlan, type MadePlan } from '../../activities/keptPlan';
import { vmsOf } from '../support/builders';
import { planOf } from '../support/fleets';

const vms = vmsOf(3, (n) => ({ name: `vm-${n}` }));
const plan: MadePlan = { made: planOf(vms), leftOut: [], fingerprint: 'a' };

describe('the plan that is kept from step to step', () => {
  beforeEach(() => {
    keepPlan(vms, 'asked', plan);
  });

  it('is that of the same VMs, made from the same beside them', () => {
    expect(keptPlan([...vms], 'asked')).toBe(plan);
  });

  it('is not that of other VMs, nor one that was made from something else', () => {
    const [first, ...rest] = vms;
    if (first === undefined) throw new Error('a VM');
    expect(keptPlan(vms, 'asked later')).toBeNull();
    expect(keptPlan([first], 'asked')).toBeNull();
    expect(keptPlan([first, ...rest.map((vm) => ({ ...vm }))], 'asked')).toBeNull();
    expect(keptPlan([], 'asked')).toBeNull();
  });

  it('is forgotten once it is written', () => {
    forgetPlan(vms);
    expect(keptPlan(vms, 'asked')).toBeNull();
  });
});
