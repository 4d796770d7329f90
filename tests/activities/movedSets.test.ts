import { movedSets, noteMovedSets } from '../../activities/fleet/followMoved';
import { takeListing } from '../../activities/fleet/takeListing';
import { refreshInventory } from '../../activities/refreshInventory';
import type { VirtualMachine } from '../../domain/virtualMachine';
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

  interface Answer {
    readonly movedSets: readonly { readonly from: string; readonly row: string }[];
    readonly remaining: number;
  }
  const refresh = async (services: FakeServices, after: Answer['movedSets'] = []): Promise<Answer> =>
    (await services.run(refreshInventory, {
      nowUtc: services.nowUtc(),
      accept: false,
      followed: after.map(({ row }) => row),
    })) as Answer;

  const named = [expect.objectContaining({ from: aSet('web'), to: aSet('web-moved') }) as unknown];

  it('is named until the sweep has followed it, or the ledger would know its claims by the old name', async () => {
    const services = await moved();
    const { movedSets: lost, remaining } = await refresh(services);
    expect([lost, remaining]).toEqual([named, 1]);
    const { movedSets: again } = await refresh(services);
    expect(again).toEqual(named);
    expect(await refresh(services, again)).toMatchObject({ movedSets: [], remaining: 0 });
    services.wait(6 * 3600);
    expect((await refresh(services)).movedSets).toEqual([]);
  });

  it('and was found when a month was planned is named to the next sweep', async () => {
    const services = await moved();
    await takeListing(services);
    expect((await refresh(services)).movedSets).toEqual(named);
  });

  it('is noted beside those that another host notes at the same time, and stays until it is followed itself', async () => {
    const services = await moved();
    const moves = ['db', 'web'].map((name) => ({
      from: aVm({ availabilitySetId: aSet(name) }),
      to: aVm({ availabilitySetId: aSet(`${name}-moved`) }),
    }));
    await Promise.all(moves.map((move) => noteMovedSets(services, [move])));
    const pending = await services.inventory.movedSets();
    expect(pending.map(({ from }) => from).sort()).toEqual([aSet('db'), aSet('web')]);
    await services.inventory.forgetMovedSets(pending.slice(1).map(({ row }) => row));
    expect(await services.inventory.movedSets()).toEqual(pending.slice(0, 1));
  });

  it('and was noted by the version before, in one row for all, is named before those that were moved since', async () => {
    const services = await moved();
    const former = ['z', 'a'].map((name) => ({
      from: aSet(name),
      to: aSet(`${name}-moved`),
      ledger: 'eastus',
    }));
    const table = services.store.table('inventory');
    await table.upsert('listing', 'movedSets', { sets: former, answeredTo: null });
    const first = await refresh(services);
    expect(first).toMatchObject({ movedSets: [...former, ...named], remaining: 3 });
    expect(await refresh(services, first.movedSets)).toMatchObject({ movedSets: [], remaining: 0 });
    expect(await table.get('listing', 'movedSets')).toBeNull();
  });

  it('with hundreds of others is named in one of many answers, each a small message, and in no second one', async () => {
    const services = await someServices({ vms: [], control: null });
    const named = (n: number, where: string): VirtualMachine => {
      const uniqueId = `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
      const set = aSet(`${where}-${n}`.padEnd(80, 'x'));
      return aVm({ name: `vm-${n}`, resourceGroup: where.padEnd(90, 'x'), availabilitySetId: set, uniqueId });
    };
    const numbers = Array.from({ length: 310 }, (_, n) => n);
    await services.inventory.change({ upsert: numbers.map((n) => named(n, 'old')), remove: [] });
    for (const n of numbers) services.driver.add(named(n, 'new'));
    const found: string[] = [];
    let answer = await refresh(services);
    for (let left = Infinity; answer.remaining > 0; answer = await refresh(services, answer.movedSets)) {
      expect(answer.remaining).toBeLessThan(left);
      left = answer.remaining;
      expect(JSON.stringify(answer).length).toBeLessThan(16_000);
      found.push(...answer.movedSets.map(({ from }) => from));
    }
    expect([found.length, new Set(found).size]).toEqual([310, 310]);
  });
});
