import { inventoryChanges, type InventoryChanges } from '../../domain/inventoryChanges';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import { drained } from '../support/drained';

const NOW = '2026-11-12T06:00:00.000Z';
const POLICY = { inventoryFewerPercent: 20 };
const known = vmsOf(100);
const subscriptionId = known[0]?.subscriptionId ?? '';

const changesOf = (
  vms: readonly VirtualMachine[],
  incomplete: readonly (readonly [string, string])[] = [],
  policy = POLICY,
): InventoryChanges =>
  drained(inventoryChanges(known, { vms, incomplete: new Map(incomplete) }, policy, NOW));

describe('a listing that is suddenly small', () => {
  it.each([
    ['empty', 0],
    ['less than a fifth of it is missing and one more', 79],
  ])('changes nothing of its subscription, and says why: %s', (_what, listed) => {
    const { present, buried, notBelieved } = changesOf(known.slice(0, listed));
    expect(present).toHaveLength(100);
    expect(buried).toEqual([]);
    expect(notBelieved).toEqual([
      {
        subscriptionId: subscriptionId.toLowerCase(),
        why: expect.stringContaining(`${100 - listed} of the 100 VMs`) as unknown,
      },
    ]);
  });

  it('is believed when a fifth of the VMs is missing: owners delete', () => {
    const { buried, notBelieved } = changesOf(known.slice(0, 80));
    expect([buried.length, notBelieved.length]).toEqual([20, 0]);
  });

  it('is believed when a person accepts it', () => {
    expect(changesOf([], [], { inventoryFewerPercent: 100 }).buried).toHaveLength(100);
  });

  it('of a few VMs is believed when a few are missing: nine of ten are what an owner deletes in a day', () => {
    const few = known.slice(0, 10);
    const changes = drained(inventoryChanges(few, { vms: few.slice(9), incomplete: new Map() }, POLICY, NOW));
    expect([changes.buried.length, changes.notBelieved.length]).toEqual([9, 0]);
  });

  it('counts tombstones as gone already, not as missing', () => {
    const rows = known.map((vm, n) => (n < 50 ? { ...vm, goneUtc: '2026-11-11T06:00:00.000Z' } : vm));
    const { notBelieved, removed } = drained(
      inventoryChanges(rows, { vms: known.slice(50), incomplete: new Map() }, POLICY, NOW),
    );
    expect([notBelieved, removed.length]).toEqual([[], 50]);
  });
});

describe('a listing that is incomplete', () => {
  it('changes nothing of its subscription, however much of it is there, and though a person accepts it', () => {
    const said = [[subscriptionId.toLowerCase(), 'page 3 answered 403']] as const;
    const changes = changesOf(known.slice(0, 99), said, { inventoryFewerPercent: 100 });
    expect(changes.present).toHaveLength(100);
    expect(changes.buried).toEqual([]);
    expect(changes.notBelieved[0]?.why).toContain('page 3 answered 403');
  });

  it('keeps no other subscription from its changes', () => {
    const others = vmsOf(20, (n) => ({
      name: `other-${n}`,
      subscriptionId: '00000000-0000-0000-0000-0000000000ff',
    }));
    const said = new Map([[subscriptionId.toLowerCase(), 'a permission is missing']]);
    const { added, present } = drained(
      inventoryChanges(known, { vms: others, incomplete: said }, POLICY, NOW),
    );
    expect([added.length, present.length]).toEqual([20, 120]);
  });
});

it('B6: two VMs of one GUID that are gone and came back as one are both followed to it at once: neither stays in the fleet', () => {
  const [before, last, now] = ['a', 'b', 'c'].map((name) =>
    aVm({ name: `moved-${name}`, uniqueId: '00000000-0000-0000-0000-000000000009' }),
  );
  if (!before || !last || !now) throw new Error('three VMs');
  const { moved, added, buried } = drained(
    inventoryChanges([before, last], { vms: [now], incomplete: new Map() }, POLICY, NOW),
  );
  const to = { ...now, formerIds: [before.id, last.id] };
  expect([moved, added, buried]).toEqual([
    [
      { from: before, to },
      { from: last, to },
    ],
    [],
    [],
  ]);
});
