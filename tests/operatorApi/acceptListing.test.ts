import { refreshInventory } from '../../activities/refreshInventory';
import { acceptListing } from '../../operatorApi/acceptListing';
import { vmsOf } from '../support/builders';
import { someServices, type FakeServices } from '../support/fakeServices';

const ANN = { by: 'ann', reason: 'We gave them up.' };

/** Of a hundred known VMs the platform lists ten. */
async function doubted(): Promise<FakeServices> {
  const vms = vmsOf(100);
  const services = await someServices({ vms });
  for (const { id } of vms.slice(10)) services.driver.remove(id);
  await services.run(refreshInventory, { nowUtc: services.nowUtc() });
  return services;
}

async function accept(services: FakeServices): Promise<{ accepted: number; started: unknown[] }> {
  const started: unknown[] = [];
  const client = {
    startNew: (name: string, { input }: { input: unknown }) => {
      started.push([name, input]);
      return Promise.resolve('id');
    },
  };
  const accepted = await acceptListing(services, client, ANN);
  return { accepted: accepted.length, started };
}

describe('a listing that was doubted', () => {
  it('stands in the audit, and changes nothing by itself', async () => {
    const services = await doubted();
    expect(await services.inventory.list()).toHaveLength(100);
    const rows = await services.audit.list('inventory');
    expect(rows).toMatchObject([
      { what: 'listingDoubted', why: expect.stringContaining('90 of the 100') as unknown },
    ]);
  });

  it('is taken over once a person accepts it, and the audit says who and why', async () => {
    const services = await doubted();
    const { accepted, started } = await accept(services);
    expect(accepted).toBe(1);
    expect(started).toEqual([['inventorySweep', { sweepUtc: services.nowUtc(), accept: true }]]);
    await services.run(refreshInventory, { nowUtc: services.nowUtc(), accept: true });
    expect(await services.inventory.list()).toHaveLength(10);
    expect((await services.audit.list('inventory')).at(-1)).toMatchObject({
      what: 'listingAccepted',
      who: 'ann',
      why: ANN.reason,
    });
  });

  it('that was none starts nothing', async () => {
    const services = await someServices({ vms: vmsOf(3) });
    expect(await accept(services)).toEqual({ accepted: 0, started: [] });
  });
});
