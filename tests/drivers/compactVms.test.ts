import fc from 'fast-check';
import { AvailabilitySetId, Month, vmIdOf } from '../../domain/ids';
import { Policy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import { assignUpdateDomains } from '../../domain/updateDomains';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmList } from '../../domain/vmList';
import { CompactVms, listOf } from '../../drivers/fleet/compactVms';
import { FleetReader } from '../../drivers/fleet/fleetReader';
import { ValueColumn } from '../../drivers/fleet/growingColumns';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import { fleetColumns } from '../../planning/fleetColumns';
import { makePlan } from '../../planning/makePlan';
import { madeAtOnce } from '../../planning/steps';
import { aVm } from '../support/builders';

const compact = (vms: readonly VirtualMachine[]): CompactVms => {
  const made = new CompactVms();
  for (const vm of vms) made.add(vm);
  return made;
};

const month = Month.parse('2026-11');
const orNull = <T>(...values: readonly T[]): fc.Arbitrary<T | null> => fc.constantFrom(null, ...values);
const sets = ['A', 'b'].map((name) =>
  AvailabilitySetId.parse(
    `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/availabilitySets/${name}`,
  ),
);
const image = { publisher: 'p', offer: 'o', sku: 's', version: null };
const anyVm = fc
  .record(
    {
      name: fc.oneof(
        fc.constantFrom('web', 'WEB', 'Web-1', 'zü', 'ZÜ', 'Σ', '\ud800'),
        fc.string({ minLength: 1 }).filter((name) => !name.includes('/')),
      ),
      resourceGroup: fc.constantFrom('app', 'App', 'app-2', 'APP-2'),
      region: fc.constantFrom('eastus', 'nowhere'),
      zone: orNull<string>('1', '2'),
      availabilitySetId: orNull(...sets),
      updateDomain: orNull(0, 1, 7),
      osType: orNull('Windows' as const, 'Linux' as const),
      vmSize: orNull('small', 'large'),
      image: orNull<NonNullable<VirtualMachine['image']>>(image, { ...image, version: '1' }),
      customImage: fc.boolean(),
      patchMode: orNull('Manual', 'AutomaticByPlatform'),
      enableAutomaticUpdates: orNull(true, false),
      provisionVMAgent: orNull(true, false),
      timeZone: orNull('UTC', 'Tokyo Standard Time'),
      tags: fc.dictionary(fc.constantFrom('team', 'app', '__proto__'), fc.constantFrom('', 'x')),
      enabled: fc.boolean(),
      imageId: fc.constantFrom('/images/a', '/images/b'),
      uniqueId: fc.uuid(),
      rebootSetting: fc.constantFrom('IfRequired' as const, 'Never' as const, 'Always' as const),
      customerManagedSchedule: fc.constant(true as const),
      assessmentMode: fc.constant('AutomaticByPlatform' as const),
    },
    {
      requiredKeys: ['name', 'resourceGroup', 'availabilitySetId', 'updateDomain'],
    },
  )
  .map((over): VirtualMachine => {
    const { armId } = aVm(over);
    return aVm({ ...over, id: vmIdOf(armId) });
  });

const byId = (a: VirtualMachine, b: VirtualMachine): number => (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);

describe('VMs without an object each', () => {
  it('are made again as they were added', () => {
    fc.assert(
      fc.property(fc.array(anyVm), (vms) => {
        const made = compact(vms);
        expect(vms.map((_, n) => made.vm(n))).toStrictEqual(vms);
      }),
    );
  });

  it('are in the order of their ids, those with the same as they came, and are named with the first that has it', () => {
    fc.assert(
      fc.property(fc.array(anyVm), (vms) => {
        const { order, same } = compact(vms).inOrder();
        const numbers = [...vms.keys()];
        const idOf = (n: number): string => vms[n]?.id ?? '';
        const sorted = numbers.toSorted((a, b) => (idOf(a) === idOf(b) ? a - b : idOf(a) < idOf(b) ? -1 : 1));
        expect([...order]).toEqual(sorted);
        const again = sorted.map((n) => [numbers.find((m) => idOf(m) === idOf(n)) ?? n, n] as const);
        expect(same).toEqual(again.filter(([first, n]) => first !== n));
      }),
    );
  });

  it('have the update domains that VMs with an object each have', () => {
    const differentIds = fc.uniqueArray(anyVm, { selector: ({ id }) => id });
    fc.assert(
      fc.property(differentIds, (vms) => {
        const made = compact(vms);
        const { order } = made.inOrder();
        made.assignDomains(order, () => 3);
        const wanted = assignUpdateDomains(vms.toSorted(byId), () => 3);
        expect([...listOf(made, order)]).toStrictEqual(wanted);
      }),
    );
  });

  it('have the plan that VMs with an object each have, from columns that are read once', () => {
    const { vms } = parseFleet(printGeneratedFleet(generateFleet({ vms: 600, seed: 3 })), 'vms.json');
    const made = compact(vms);
    const list = listOf(made, made.inOrder().order);
    const policy = Policy.parse({ rings: [{ name: 'first', selector: { region: 'eastus' } }] });
    const planOf = (planned: VmList): string =>
      JSON.stringify(makePlan({ vms: planned, month, policy, seed: 1, nowUtc: releaseOf(month) }));
    expect(planOf(list)).toBe(planOf(vms));
    const columns = madeAtOnce(fleetColumns(list, policy));
    expect(madeAtOnce(fleetColumns(list, policy))).toBe(columns);
  });

  it('have more values of a member than a byte can number, and than two can', () => {
    const column = new ValueColumn<number>();
    for (let n = 0; n < 70_000; n += 1) column.add(n);
    column.set(0, 69_999);
    expect([0, 255, 256, 65_535, 65_536].map((n) => column.at(n))).toEqual([
      69_999, 255, 256, 65_535, 65_536,
    ]);
  });

  it('are complained of where two have one id, by the number of their records', () => {
    const reader = new FleetReader({ keepModels: false });
    const records = ['web', 'bad', 'db', 'WEB'].map((name) => ({
      id: aVm({ name }).armId,
      location: name === 'bad' ? '' : 'eastus',
    }));
    for (const [index, value] of records.entries()) reader.addMachine({ index, line: null, value });
    reader.problems.length = 0;
    expect(reader.finishListed([])).toBeNull();
    expect(reader.problems).toEqual([
      expect.objectContaining({
        record: { kind: 'VM', index: 3, name: 'WEB' },
        what: 'It is the id of VM 1, too (ids match without regard to case).',
      }),
    ]);
  });
});
