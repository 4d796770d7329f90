import fc from 'fast-check';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { byFact, placesSelected } from '../../operatorApi/fleetIndex';
import type { FleetView } from '../../operatorApi/fleetVm';
import { readFleet } from '../../operatorApi/readFleet';
import { vmsOf } from '../support/builders';
import { aControl, someServices, type FakeServices } from '../support/fakeServices';

const REGIONS = ['eastus', 'westus', 'westeurope'];
const fleet = vmsOf(40, (n) => ({ region: REGIONS[n % 3] ?? 'eastus', tags: { app: `app-${n % 4}` } }));
const others = vmsOf(10, () => ({ region: 'japaneast' }));

const read = async (
  services: FakeServices,
  before: Awaited<ReturnType<typeof readFleet>> | null = null,
): Promise<Awaited<ReturnType<typeof readFleet>>> => readFleet(services, aControl(), before);

async function seenBy(view: FleetView): Promise<unknown> {
  const { listed } = view;
  return {
    vms: view.vms,
    sorted: listed.vms,
    placeOf: [...listed.placeOf],
    shop: await placesSelected(view, { tag: 'app=app-1' }),
    west: await placesSelected(view, { region: 'westus' }),
  };
}

interface Change {
  readonly removed: readonly number[];
  readonly added: readonly number[];
  readonly moved: readonly number[];
  readonly retagged: readonly number[];
}

const some = (max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: max - 1 }), { maxLength: 3 });
const anyChange: fc.Arbitrary<Change> = fc.record({
  removed: fc.oneof(fc.constant([]), some(fleet.length)),
  added: fc.oneof(fc.constant([]), some(others.length)),
  moved: some(fleet.length),
  retagged: some(fleet.length),
});

async function make(services: FakeServices, { removed, added, moved, retagged }: Change): Promise<void> {
  const vmsAt = (numbers: readonly number[], all: readonly VirtualMachine[]): readonly VirtualMachine[] =>
    numbers.flatMap((n) => all[n] ?? []);
  const written = [
    ...vmsAt(moved, fleet).map((vm) => ({ ...vm, region: 'westus' })),
    ...vmsAt(retagged, fleet).map((vm) => ({ ...vm, tags: { app: 'app-1' } })),
    ...vmsAt(added, others),
  ];
  const gone = new Set(vmsAt(removed, fleet).map(({ id }) => id));
  await services.inventory.change({
    upsert: [...new Map(written.map((vm) => [vm.id, vm])).values()].filter(({ id }) => !gone.has(id)),
    remove: [...gone],
  });
}

test('a view that is read again is the one that a process reads which never had another, whatever has changed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { minLength: 1, maxLength: 3 }), async (changes) => {
      const services = await someServices({ vms: fleet });
      let reading = await read(services);
      await seenBy(reading.view);
      for (const change of changes) {
        await make(services, change);
        reading = await read(services, reading);
        expect(await seenBy(reading.view)).toEqual(await seenBy((await read(services)).view));
      }
    }),
    { numRuns: 30 },
  );
});

test('of a fleet in which a VM has changed the others are taken over, and so is each index in which nothing has changed', async () => {
  const services = await someServices({ vms: fleet });
  const first = await read(services);
  const index = (view: FleetView): Promise<unknown[]> =>
    Promise.all(['region', 'tag:app'].map((fact) => byFact(view, fact)));
  const [region, tag] = await index(first.view);
  await make(services, { removed: [], added: [], moved: [], retagged: [2] });
  const { view } = await read(services, first);
  expect(view.listed.placeOf).toBe(first.view.listed.placeOf);
  expect(view.vms.filter((one, n) => one !== first.view.vms[n]).map(({ vm }) => vm.id)).toEqual([
    fleet[2]?.id,
  ]);
  const [sameRegion, otherTag] = await index(view);
  expect([sameRegion === region, otherTag === tag]).toEqual([true, false]);
});

test('a large fleet leaves turns to other requests while it is read, sorted and indexed', async () => {
  const many = vmsOf(20_000);
  const services = await someServices({ vms: many });
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const { view } = await read(services);
  const ofReading = turns;
  await byFact(view, 'resourceGroup');
  isOver = true;
  expect(ofReading).toBeGreaterThan(5);
  expect(view.listed.vms.map(({ id }) => id)).toEqual(many.map(({ id }) => id).sort());
});
