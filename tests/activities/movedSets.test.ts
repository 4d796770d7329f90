import { movedSets } from '../../activities/fleet/followMoved';
import { takeListing } from '../../activities/fleet/takeListing';
import { refreshInventory } from '../../activities/refreshInventory';
import { aSet, aVm } from '../support/builders';
import { someServices, type FakeServices } from '../support/fakeServices';

it('B6: a set that was moved is named once, with the ledger that has its claims; a VM that was moved alone names none', () => {
  const move = (before: string | null, after: string | null): Parameters<typeof movedSets>[0][number] => ({
    from: aVm({ availabilitySetId: before === null ? null : aSet(before) }),
    to: aVm({ availabilitySetId: after === null ? null : aSet(after) }),
  });
  const [from, to] = [aSet('web'), aSet('web-moved')];
  expect(
    movedSets([move('web', 'web-moved'), move('web', 'web-moved'), move('db', 'db'), move(null, null)]),
  ).toEqual([{ from, to, ledger: expect.any(String) as string }]);
});

describe('INV-1: a set that was moved', () => {
  /** A VM that was moved with its set since it was listed last. */
  async function moved(): Promise<FakeServices> {
    const uniqueId = '00000000-0000-0000-0000-000000000009';
    const before = aVm({ name: 'a', availabilitySetId: aSet('web'), uniqueId });
    const after = aVm({ name: 'a', resourceGroup: 'new', availabilitySetId: aSet('web-moved'), uniqueId });
    const services = await someServices({ vms: [before] });
    services.driver.remove(before.id);
    services.driver.add(after);
    return services;
  }

  const refresh = async (services: FakeServices): Promise<unknown> => {
    const answer = await services.run(refreshInventory, { nowUtc: services.nowUtc(), accept: false });
    return (answer as { movedSets: unknown }).movedSets;
  };

  const named = [expect.objectContaining({ from: aSet('web'), to: aSet('web-moved') }) as unknown];

  it('is named again when the answer that named it was lost, or the ledger would know its claims by the old name', async () => {
    const services = await moved();
    const { agenda } = services;
    const reschedule = (): Promise<void> => Promise.reject(new Error('the host dies'));
    Object.assign(services, { agenda: { ...agenda, reschedule } });
    await expect(refresh(services)).rejects.toThrow('the host dies');
    Object.assign(services, { agenda });
    expect(await refresh(services)).toEqual(named);
    expect(await refresh(services)).toEqual(named);
  });

  it('and was found when a month was planned is named to the next sweep, and not to the one after', async () => {
    const services = await moved();
    await takeListing(services);
    expect(await refresh(services)).toEqual(named);
    services.wait(6 * 3600);
    expect(await refresh(services)).toEqual([]);
  });
});
