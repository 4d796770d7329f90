import fc from 'fast-check';
import { assignUpdateDomains } from '../../domain/updateDomains';
import { aSet, aVm, vmsOf } from '../support/builders';

describe('update domains that were not given', () => {
  test('R-208: they are dealt in turn over the five of a set, by id', () => {
    const vms = vmsOf(7, (index) => ({ name: `ud-${index}`, availabilitySetId: aSet('dealt') }));
    expect(assignUpdateDomains(vms).map(({ updateDomain }) => updateDomain)).toEqual([0, 1, 2, 3, 4, 0, 1]);
    expect(assignUpdateDomains(vms, () => 3).map(({ updateDomain }) => updateDomain)).toEqual([
      0, 1, 2, 0, 1, 2, 0,
    ]);
  });

  test('R-208: a known domain stays, and the unknown go where the fewest are', () => {
    const set = { availabilitySetId: aSet('mixed') };
    const vms = [
      aVm({ ...set, name: 'a', updateDomain: 0 }),
      aVm({ ...set, name: 'b' }),
      aVm({ ...set, name: 'c', updateDomain: 6 }),
      aVm({ ...set, name: 'd' }),
    ];
    expect(assignUpdateDomains(vms).map(({ updateDomain }) => updateDomain)).toEqual([0, 1, 6, 2]);
  });

  test('VMs outside sets, and those whose domain is known, are left as they are', () => {
    const vms = [aVm(), aVm({ availabilitySetId: aSet('given'), updateDomain: 3 })];
    expect(assignUpdateDomains(vms)).toEqual(vms);
  });

  test('R-208: the order of the inventory makes no difference', () => {
    const vms = vmsOf(20, (index) => ({ availabilitySetId: aSet(`set-${index % 3}`) }));
    const expected = new Map(assignUpdateDomains(vms).map((vm) => [vm.id, vm.updateDomain]));
    fc.assert(
      fc.property(fc.shuffledSubarray(vms, { minLength: vms.length }), (shuffled) => {
        for (const vm of assignUpdateDomains(shuffled)) expect(vm.updateDomain).toBe(expected.get(vm.id));
      }),
    );
  });
});
