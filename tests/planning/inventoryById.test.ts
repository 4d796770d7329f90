import fc from 'fast-check';
import type { VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { InventoryById } from '../../planning/inventoryById';
import { aVm } from '../support/builders';

const aNamed = fc.integer({ min: 0, max: 40 }).map((n) => aVm({ name: `vm-${n}`, vmSize: 'small' }));
const idOf = (n: number): VmId => aVm({ name: `vm-${n}` }).id;

describe('an inventory by id', () => {
  it('finds each VM and no other, each id once, and of VMs with one id the last', () => {
    fc.assert(
      fc.property(fc.array(aNamed), (vms) => {
        const known = new Map<VmId, VirtualMachine>();
        for (const vm of vms) known.set(vm.id, vm);
        const inventory = new InventoryById(vms);
        for (let n = 0; n <= 45; n += 1) {
          expect(inventory.get(idOf(n))).toBe(known.get(idOf(n)));
          expect(inventory.has(idOf(n))).toBe(known.has(idOf(n)));
        }
        expect([...inventory].toSorted(byId)).toEqual([...known.values()].toSorted(byId));
      }),
    );
  });

  it('notes ids as a set does, also those of no VM', () => {
    fc.assert(
      fc.property(fc.array(aNamed), fc.array(fc.integer({ min: 0, max: 45 })), (vms, numbers) => {
        const noted = new InventoryById(vms).noted();
        const known = new Set<VmId>();
        for (const n of numbers) {
          expect(noted.has(idOf(n))).toBe(known.has(idOf(n)));
          expect(noted.add(idOf(n))).toBe(!known.has(idOf(n)));
          known.add(idOf(n));
        }
      }),
    );
  });
});

function byId(a: VirtualMachine, b: VirtualMachine): number {
  return a.id < b.id ? -1 : 1;
}
