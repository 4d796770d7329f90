import { readInstall } from '../../activities/readInstall';
import { aWorld, ROLLOUT, type FakeWorld } from '../support/fakeWorld';
import { inputFor, start, startPatiently, vm } from '../support/installScene';
import { countCalls, dyingAt } from '../support/interleave';
import type { OperationStore } from '../../store/operations';

const rows = async (world: FakeWorld): Promise<string[]> =>
  (await world.audit.list(ROLLOUT)).map(({ what }) => what).sort();

/** Through the world it is given, which may be one that dies. */
const read = (world: FakeWorld): Promise<unknown> =>
  readInstall.handler(world)({ ...inputFor('claim-1'), claimId: 'claim-1' });

const running = async (): Promise<FakeWorld> => {
  const world = await aWorld({ vms: [vm] });
  await start(world);
  world.wait(1800);
  return world;
};

describe('INV-11: the audit of an installation', () => {
  it.each(['before', 'after'] as const)(
    'has its start, once, also when the process dies right %s any of its calls',
    async (when) => {
      const calls = await countCalls(await aWorld({ vms: [vm] }), start);
      for (let n = 1; n <= calls; n += 1) {
        const world = await aWorld({ vms: [vm] });
        await dyingAt(world, n, when, start);
        world.wait(5);
        await startPatiently(world);
        expect(await rows(world)).toEqual(['installStarted']);
      }
    },
  );

  it.each(['before', 'after'] as const)(
    'has its end, once, also when the process dies right %s any of its calls',
    async (when) => {
      const scene = await running();
      scene.driver.endInstall(vm.id);
      const calls = await countCalls(scene, read);
      expect(calls).toBeGreaterThan(3);
      for (let n = 1; n <= calls; n += 1) {
        const world = await running();
        world.driver.endInstall(vm.id);
        await dyingAt(world, n, when, read);
        await read(world);
        expect(await rows(world)).toEqual(['installEnded', 'installStarted']);
      }
    },
  );

  it('has both when the installation was never heard of and another claim finds it', async () => {
    const world = await aWorld({ vms: [vm] });
    world.driver.postStories.push('startsUnheard');
    await start(world, 'claim-1');
    world.wait(3600);
    world.driver.endInstall(vm.id);
    await startPatiently(world, 'claim-2');
    expect(await rows(world)).toEqual(['installEnded', 'installStarted', 'installStarted']);
  });

  it.each(['before', 'after'] as const)(
    'has as many ends as starts when a process dies right %s any of its calls and the VM is deleted meanwhile',
    async (when) => {
      const calls = await countCalls(await aWorld({ vms: [vm] }), start);
      for (let n = 1; n <= calls; n += 1) {
        const world = await aWorld({ vms: [vm] });
        await dyingAt(world, n, when, start);
        world.wait(5);
        world.driver.remove(vm.id);
        await startPatiently(world);
        world.wait(24 * 3600); // the fake's operations know nothing of deletions
        await read(world);
        const starts = (await rows(world)).filter((what) => what === 'installStarted');
        expect(await rows(world)).toEqual([...starts.map(() => 'installEnded'), ...starts]);
      }
    },
  );

  it('is followed to its end although somebody else writes its row when its answer is stored', async () => {
    const world = await aWorld({ vms: [vm] });
    let claims = 0;
    const { operations } = world;
    const contended: OperationStore = {
      ...operations,
      claim: (operation, etag) => {
        claims += 1;
        return claims === 2 ? Promise.resolve(false) : operations.claim(operation, etag);
      },
    };
    await start({ ...world, operations: contended });
    world.driver.remove(vm.id);
    world.wait(24 * 3600);
    await read(world);
    expect(await rows(world)).toEqual(['installEnded', 'installStarted']);
  });

  it('has nothing of a request that never arrived', async () => {
    const world = await aWorld({ vms: [vm] });
    world.driver.postStories.push('vanishes');
    await start(world, 'claim-1');
    world.wait(3600);
    await startPatiently(world, 'claim-2');
    expect(await rows(world)).toEqual(['installStarted']);
    await read(world);
    expect(await rows(world)).toEqual(['installStarted']);
  });
});
