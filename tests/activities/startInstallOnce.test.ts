import fc from 'fast-check';
import { readInstall } from '../../activities/readInstall';
import { keyOf } from '../../domain/ids';
import { aWorld, ROLLOUT, type FakeWorld } from '../support/fakeWorld';
import {
  inputFor,
  read,
  start,
  startPatiently,
  AMBIGUITY_SECONDS,
  vm,
  wasStarted,
} from '../support/installScene';
import { countCalls, dyingAt, everyInterleaving, inOrder, pausingAfter } from '../support/interleave';

describe('INV-7: at most one installation per VM and claim, whatever is repeated', () => {
  it('asking again after it was started changes nothing', async () => {
    const world = await aWorld({ vms: [vm] });
    const first = await start(world);
    world.wait(120);
    expect(await start(world)).toEqual(first);
    await wasStarted(world);
  });

  it('asking again after it has ended changes nothing', async () => {
    const world = await aWorld({ vms: [vm] });
    await start(world);
    world.wait(1800);
    world.driver.endInstall(vm.id);
    await read(world);
    expect(await start(world)).toMatchObject({ kind: 'started' });
    expect(world.driver.accepted).toHaveLength(1);
    expect(await read(world)).toMatchObject({ kind: 'ended', summary: { installedPatchCount: 3 } });
  });

  it.each(['before', 'after'] as const)(
    'a process that dies right %s any of its calls is followed by one that finds out',
    async (when) => {
      const calls = await countCalls(await aWorld({ vms: [vm] }), start);
      expect(calls).toBeGreaterThan(5);
      for (let n = 1; n <= calls; n += 1) {
        const world = await aWorld({ vms: [vm] });
        await dyingAt(world, n, when, start);
        world.wait(5);
        expect(await startPatiently(world)).toMatchObject({ kind: 'started' });
        await wasStarted(world);
      }
    },
  );

  it('a process that dies twice, anywhere, is followed by one that finds out', async () => {
    for (let first = 1; first <= 12; first += 1)
      for (let second = 1; second <= 12; second += 1) {
        const world = await aWorld({ vms: [vm] });
        await dyingAt(world, first, 'after', start);
        world.wait(5);
        await dyingAt(world, second, 'after', start);
        world.wait(15);
        expect(await startPatiently(world)).toMatchObject({ kind: 'started' });
        await wasStarted(world);
      }
  });

  it('two processes at the same time start it once, in whatever order their calls fall', async () => {
    const orders = await everyInterleaving(async () => {
      const world = await aWorld({ vms: [vm] });
      return {
        world,
        works: [start, start],
        atTheEnd: async () => {
          expect(world.driver.accepted.length).toBeLessThanOrEqual(1);
          world.wait(30);
          expect(await startPatiently(world)).toMatchObject({ kind: 'started' });
          await wasStarted(world);
        },
      };
    });
    expect(orders).toBeGreaterThan(1000);
  }, 60_000);

  it.each(['startsUnheard', 'vanishes'] as const)(
    'two processes at the same time, and the first request %s: at most one starts',
    async (story) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(1), { maxLength: 30 }), async (choices) => {
          const world = await aWorld({ vms: [vm] });
          world.driver.postStories.push(story);
          await inOrder(world, [start, start], choices);
          world.wait(30);
          expect(await startPatiently(world)).toMatchObject({ kind: 'started' });
          await wasStarted(world);
        }),
        { numRuns: 300 },
      );
    },
  );

  it('a process that stands still for longer than the ambiguity while another one starts it', async () => {
    const calls = await countCalls(await aWorld({ vms: [vm] }), start);
    for (let n = 1; n < calls; n += 1) {
      const world = await aWorld({ vms: [vm] });
      const slow = pausingAfter(world, n, async () => {
        world.wait(AMBIGUITY_SECONDS + 60);
        await startPatiently(world);
      });
      await start(slow);
      expect(await startPatiently(world)).toMatchObject({ kind: 'started' });
      await wasStarted(world);
    }
  });

  it('a process whose clock has fallen behind, while another one takes over: it sends nothing', async () => {
    // After the last look at its own row nothing can be done any more: Azure takes no operation id of ours.
    const lastLook = 7;
    for (let n = 1; n < lastLook; n += 1) {
      const world = await aWorld({ vms: [vm] });
      const ahead = { ...world, nowUtc: () => '2026-11-13T03:26:00.000Z' };
      await start(pausingAfter(world, n, () => start(ahead)));
      expect(world.driver.accepted).toHaveLength(1);
    }
  });

  it('a process that stands still while another one starts it and the installation ends', async () => {
    for (let n = 1; n < 9; n += 1) {
      const world = await aWorld({ vms: [vm] });
      const slow = pausingAfter(world, n, async () => {
        world.wait(AMBIGUITY_SECONDS + 60);
        await startPatiently(world);
        world.wait(900);
        if (world.driver.accepted.length === 1) world.driver.endInstall(vm.id);
        await read(world);
      });
      await start(slow);
      await startPatiently(world);
      expect(world.driver.accepted).toHaveLength(1);
      expect(await read(world)).toMatchObject({ kind: 'ended' });
    }
  });
});

describe('a table that lost its last seconds', () => {
  const forget = (world: FakeWorld): Promise<void> =>
    world.store.table('operations').write(vm.region, { remove: [keyOf(vm.id)] });

  it('the installation that began since is ours: it is adopted, and followed to its end', async () => {
    const world = await aWorld({ vms: [vm] });
    await start(world);
    await forget(world);
    world.wait(60);
    expect(await start(world)).toMatchObject({ kind: 'started' });
    await wasStarted(world);
    world.driver.endInstall(vm.id);
    expect(await read(world)).toMatchObject({ kind: 'ended', summary: { installedPatchCount: 3 } });
  });

  it('an adopted installation is waited for as long as it may take, also late in the night', async () => {
    const world = await aWorld({ vms: [vm], nowUtc: '2026-11-13T09:00:00.000Z' });
    await start(world);
    await forget(world);
    world.clock.nowUtc = '2026-11-13T09:40:00.000Z';
    const answer = await start(world);
    expect(answer.kind === 'started' && answer.deadlineUtc >= '2026-11-13T10:35:00.000Z').toBe(true);
  });

  it('the installation can still be read without any row', async () => {
    const world = await aWorld({ vms: [vm] });
    await start(world);
    await forget(world);
    expect(await read(world)).toEqual({ kind: 'running' });
    world.driver.endInstall(vm.id);
    expect(await read(world)).toMatchObject({ kind: 'ended' });
  });

  it('what was installed on the VM before its turn is not taken for ours', async () => {
    const world = await aWorld({ vms: [vm] });
    world.driver.installByHand(vm.id, '2026-11-12T20:00:00.000Z');
    expect(await start(world)).toMatchObject({ kind: 'started' });
    expect(world.driver.accepted).toHaveLength(1);
    expect(await read(world)).toEqual({ kind: 'running' });
  });
});

describe('INV-7: at most one installation per VM in flight, also under two claims', () => {
  it("another claim's installation that runs defers the VM", async () => {
    const world = await aWorld({ vms: [vm] });
    await start(world, 'claim-1');
    expect(await start(world, 'claim-2')).toMatchObject({
      outcome: { kind: 'deferred', reason: 'installInFlight' },
    });
    expect(world.driver.accepted).toHaveLength(1);
  });

  it("another claim's installation that has ended is written down, and ours starts", async () => {
    const world = await aWorld({ vms: [vm] });
    await start(world, 'claim-1');
    world.wait(600);
    world.driver.endInstall(vm.id);
    expect(await startPatiently(world, 'claim-2')).toMatchObject({ kind: 'started' });
    expect(world.driver.accepted).toHaveLength(2);
    const ended = (await world.audit.list(ROLLOUT)).filter(({ what }) => what === 'installEnded');
    expect(ended).toHaveLength(1);
  });

  it("another claim's intent without an answer is waited out before ours starts", async () => {
    const world = await aWorld({ vms: [vm] });
    world.driver.postStories.push('vanishes');
    await start(world, 'claim-1');
    world.wait(60);
    expect(await start(world, 'claim-2')).toEqual({ kind: 'wait', untilUtc: '2026-11-13T03:25:00.000Z' });
    expect(await startPatiently(world, 'claim-2')).toMatchObject({ kind: 'started' });
    expect(world.driver.accepted).toHaveLength(1);
  });

  it('two claims at the same time start it once, in whatever order their calls fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1), { maxLength: 20 }), async (choices) => {
        const world = await aWorld({ vms: [vm] });
        await inOrder(world, [(own) => start(own, 'claim-1'), (own) => start(own, 'claim-2')], choices);
        expect(world.driver.accepted).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });

  it('reading the end of an old installation never forgets a new one that began meanwhile', async () => {
    const world = await aWorld({ vms: [vm] });
    await start(world, 'claim-1');
    world.wait(600);
    world.driver.endInstall(vm.id);
    const slow = pausingAfter(world, 2, async () => {
      await startPatiently(world, 'claim-2');
    });
    await readInstall.handler(slow)({ ...inputFor('claim-1'), claimId: 'claim-1' });
    expect((await world.operations.read(vm.region, vm.id))?.operation.claimId).toBe('claim-2');
  });
});
