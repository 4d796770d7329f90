import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON } from './clockedDriver';

describe('a listing in pages', () => {
  let setup: AzureSetup;
  afterEach(() => setup.close());

  it('leaves out no VM when one of an earlier page is deleted between two pages', async () => {
    const vms = Array.from({ length: 600 }, (_, n) =>
      aVm({ name: `web-${String(n).padStart(4, '0')}`, tags: ALWAYS_ON }),
    );
    setup = await anAzureSetup({ vms });
    const first = await setup.driver.listVirtualMachines(null);
    const [deleted] = first.items;
    if (deleted === undefined) throw new Error('a VM');
    await setup.simulated.driver.resources.deleteVirtualMachine(deleted.id);
    setup.simulated.pass(60);
    const second = await setup.driver.listVirtualMachines(first.next);
    const listed = [...first.items, ...second.items].map(({ name }) => name);
    expect(listed).toEqual(vms.map(({ name }) => name));
    expect(second.next).toBeNull();
  });

  it('leaves out no VM of a subscription whose name begins with that of another', async () => {
    const vms = ['lab', 'lab-2'].flatMap((subscriptionId) =>
      Array.from({ length: 400 }, (_, n) => aVm({ name: `web-${n}`, subscriptionId, tags: ALWAYS_ON })),
    );
    setup = await anAzureSetup({ vms });
    const first = await setup.driver.listVirtualMachines(null);
    const second = await setup.driver.listVirtualMachines(first.next);
    const listed = [...first.items, ...second.items].map(({ id }) => id);
    expect(new Set(listed)).toEqual(new Set(vms.map(({ id }) => id)));
    expect(listed).toHaveLength(vms.length);
  });
});
