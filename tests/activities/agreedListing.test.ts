import { refreshInventory } from '../../activities/refreshInventory';
import { nextAssessmentUtc } from '../../domain/assessmentTimes';
import { addSeconds } from '../../domain/instants';
import type { SeenDue } from '../../store/agenda';
import { aVm } from '../support/builders';
import { someServices, type FakeServices } from '../support/fakeServices';

const HOURS = 3600;

async function seenBy(services: FakeServices): Promise<SeenDue> {
  const row = await services.agenda.read('inventory');
  if (row === null) return null;
  const { name: _, ...seen } = row;
  return seen;
}

/** A sweep, as the hourly tick starts it. */
async function sweep(services: FakeServices, given?: SeenDue): Promise<unknown> {
  services.wait(6 * HOURS);
  const seen = given === undefined ? await seenBy(services) : given;
  return services.run(refreshInventory, { nowUtc: services.nowUtc(), seen });
}

const [first, second, third, fourth] = [aVm(), aVm(), aVm(), aVm()];

/** A fleet of three VMs that was listed and is as it was. */
async function listed(): Promise<FakeServices> {
  const services = await someServices({ vms: [first, second, third], control: null });
  await sweep(services);
  return services;
}

function readsOf(services: FakeServices): { readonly rows: number; readonly listings: number } {
  return {
    rows: (services.inventory.rowsPage as jest.Mock).mock.calls.length,
    listings: (services.inventory.saveListing as jest.Mock).mock.calls.length,
  };
}

function watch(services: FakeServices): void {
  jest.spyOn(services.inventory, 'rowsPage');
  jest.spyOn(services.inventory, 'saveListing');
}

const REGIONS = async (services: FakeServices): Promise<readonly string[]> =>
  (await services.inventory.list()).map(({ region }) => region);

test('a fleet that is listed as it was is not compared with the inventory, but once a day', async () => {
  const services = await listed();
  watch(services);
  for (const rows of [0, 0, 0, 1, 1, 1, 1, 2]) {
    expect(await sweep(services)).toMatchObject({ vmCount: 3, added: 0, changed: 0, gone: 0 });
    expect(readsOf(services)).toEqual({ rows, listings: 0 });
  }
});

test('a listing that agrees writes nothing until the inventory is compared again, a day later', async () => {
  const services = await listed();
  const compared = await seenBy(services);
  expect(compared?.dueUtc).toBe(addSeconds(services.nowUtc(), 24 * HOURS - 600));
  for (let listings = 1; listings < 4; listings += 1) {
    await sweep(services);
    expect(await seenBy(services)).toEqual(compared);
  }
  await sweep(services);
  expect((await seenBy(services))?.dueUtc).toBe(addSeconds(services.nowUtc(), 24 * HOURS - 600));
});

test('what is written to the inventory otherwise brings its comparison forward to the next listing', async () => {
  const services = await listed();
  const comparedUtc = services.nowUtc();
  await services.inventory.save({ ...first, region: 'westus' });
  expect((await seenBy(services))?.dueUtc).toBe(addSeconds(comparedUtc, 6 * HOURS - 600));
});

test('a VM that is new, changed or gone is seen by the next listing', async () => {
  const services = await listed();
  services.driver.add(fourth);
  expect(await sweep(services)).toMatchObject({ vmCount: 4, added: 1 });
  expect((await services.assessments.all()).map(({ vmId }) => vmId)).toContain(fourth.id);
  services.driver.add({ ...first, tags: { 'lowtide-timezone': 'Asia/Kathmandu' } });
  expect(await sweep(services)).toMatchObject({ changed: 1 });
  const due = (await services.assessments.all()).find(({ vmId }) => vmId === first.id);
  expect(due?.timeZone).toBe('Asia/Kathmandu');
  services.driver.remove(second.id);
  expect(await sweep(services)).toMatchObject({ gone: 1 });
  services.driver.add(second);
  // It was a tombstone, and is there again: the listing is the one of before.
  expect(await sweep(services)).toMatchObject({ vmCount: 4, changed: 1 });
  expect(await services.inventory.list()).toHaveLength(4);
});

test('INV-16: a VM that one listing did not have is due in its next window when it is there again, not within a whole period like one that is new', async () => {
  const vms = Array.from({ length: 9 }, () => aVm());
  const services = await someServices({ vms, control: null });
  await sweep(services);
  for (const { id } of vms) services.driver.remove(id);
  services.driver.add(fourth);
  expect(await sweep(services)).toMatchObject({ gone: 9 });
  expect((await services.assessments.all()).map(({ vmId }) => vmId)).toEqual([fourth.id]);
  for (const vm of vms) services.driver.add(vm);
  expect(await sweep(services)).toMatchObject({ changed: 9 });
  const due = (await services.assessments.all()).filter(({ vmId }) => vmId !== fourth.id);
  expect(due).toHaveLength(9);
  for (const { timeZone, dueUtc } of due)
    expect(dueUtc).toBe(nextAssessmentUtc(timeZone, services.policy, services.nowUtc(), 0));
});

test.each([first, second, third])(
  'what was written to the inventory otherwise is compared with the next listing, though that is as it was (%#)',
  async (vm) => {
    const services = await listed();
    await services.inventory.save({ ...vm, region: 'westus' });
    expect(await REGIONS(services)).toContain('westus');
    expect(await sweep(services)).toMatchObject({ changed: 1 });
    expect(await REGIONS(services)).not.toContain('westus');
  },
);

test('a sweep during which another host wrote to the inventory leaves it to the next one', async () => {
  const services = await listed();
  const seen = await seenBy(services);
  await services.inventory.save({ ...first, region: 'westus' });
  expect(await sweep(services, seen)).toMatchObject({ changed: 0 });
  const row = await services.agenda.read('inventory');
  expect(row?.listed).toBeUndefined();
  expect((row?.dueUtc ?? '') < (seen?.dueUtc ?? '')).toBe(true);
  expect(await sweep(services)).toMatchObject({ changed: 1 });
});

test('a sweep that was killed after it had changed the inventory is made up for, whatever is listed then', async () => {
  const services = await listed();
  const seen = await seenBy(services);
  services.driver.add({ ...first, region: 'westus' });
  jest.spyOn(services.agenda, 'reschedule').mockRejectedValueOnce(new Error('killed'));
  await expect(sweep(services)).rejects.toThrow('killed');
  services.driver.add(first);
  await sweep(services, seen);
  await sweep(services);
  expect(await REGIONS(services)).not.toContain('westus');
});

test('another budget in the policy counts the VMs again, though the fleet is as it was', async () => {
  const services = await listed();
  const budgets = [{ name: 'shop', selector: { tag: 'app=shop' }, max: 1 }];
  const others = { ...services, policy: { ...services.policy, budgets } } as unknown as FakeServices;
  const saved = jest.spyOn(services.inventory, 'saveBudgetSizes');
  services.wait(6 * HOURS);
  await refreshInventory.handler(others)({ nowUtc: services.nowUtc(), seen: await seenBy(services) });
  expect(saved).toHaveBeenCalledTimes(1);
});
