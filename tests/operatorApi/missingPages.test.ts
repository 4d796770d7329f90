import { listMissing } from '../../operatorApi/compliance/listMissing';
import { forgetFleetView } from '../../operatorApi/fleetView';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { vmsOf } from '../support/builders';
import { someServices } from '../support/fakeServices';

interface Page {
  readonly value: readonly { readonly vmName: string }[];
  readonly nextLink?: string;
}

it('VMs that were never assessed are listed to the last, also when one of an earlier page goes between two pages', async () => {
  const vms = vmsOf(1_100, (n) => ({ name: `vm-${String(n).padStart(4, '0')}` }));
  const services = await someServices({ vms });
  const get = async (path: string): Promise<Page> => {
    const { searchParams } = new URL(path, 'http://localhost');
    const request = { path: '/api/compliance/missing', query: (name: string) => searchParams.get(name) };
    const context = { services } as unknown as OperatorContext;
    return (await listMissing.handler(request as OperatorRequest, context)).jsonBody as Page;
  };
  const names: string[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const { value, nextLink } = await get(next);
    names.push(...value.map(({ vmName }) => vmName));
    if (names.length > 0)
      await services.inventory.change({ upsert: [], remove: vms.slice(0, 1).map(({ id }) => id) });
    forgetFleetView(services);
    next = nextLink;
  }
  expect(names).toEqual(vms.map(({ name }) => name));
});
