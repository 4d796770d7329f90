import { takeListing } from '../../activities/fleet/takeListing';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { FleetDriver } from '../../drivers/driver';
import { anAzureSetup, type AzureSetup } from '../drivers/azureSetup';
import { ALWAYS_ON } from '../drivers/clockedDriver';
import { aSet, aVm } from '../support/builders';
import { someServices } from '../support/fakeServices';

const member = (name: string, updateDomain: number, set = 'web'): VirtualMachine =>
  aVm({ name, tags: ALWAYS_ON, availabilitySetId: aSet(set), updateDomain });

describe('an update domain that Azure does not show to a host that was restarted', () => {
  let setup: AzureSetup;
  afterEach(() => setup.close());

  /** A fleet that was listed, and then again by a host that is not shown the instance view of `b`. */
  async function listedAgain(
    between: (vm: VirtualMachine) => VirtualMachine = (vm) => vm,
  ): Promise<Record<string, number | null>> {
    setup = await anAzureSetup({ vms: [member('a', 1), member('b', 2), aVm({ name: 'loose' })] });
    const services = await someServices({ vms: [], control: null });
    const list = (driver: FleetDriver) => takeListing({ ...services, driver });
    await list(setup.driver);
    const known = (await services.inventory.list()).map((vm) => (vm.name === 'b' ? between(vm) : vm));
    await services.inventory.change({ upsert: known, remove: [] });
    setup.answerBy(
      (honest) => (request) =>
        request.url.includes('/b/instanceView')
          ? Promise.resolve({ status: 504, headers: { 'content-type': 'application/json' }, body: '{}' })
          : honest(request),
    );
    await list(setup.restarted());
    const now = await services.inventory.list();
    return Object.fromEntries(now.map(({ name, updateDomain }) => [name, updateDomain]));
  }

  it('is the one that was known: a VM without one would go alone, and later', async () => {
    expect(await listedAgain()).toEqual({ a: 1, b: 2, loose: null });
  });

  it.each([
    ['another VM of that name', { uniqueId: '00000000-0000-0000-0000-00000000dead' }],
    ['a member of another set', { availabilitySetId: aSet('other') }],
  ])('is not known of what was %s', async (_what, was) => {
    expect(await listedAgain((vm) => ({ ...vm, ...was }))).toMatchObject({ a: 1, b: null });
  });
});
