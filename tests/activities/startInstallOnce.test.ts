import fc from 'fast-check';
import { collectInstall } from '../../activities/collectInstall';
import { keyOf } from '../../domain/ids';
import { someServices, ROLLOUT, type FakeServices } from '../support/fakeServices';
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
    const services = await someServices({ vms: [vm] });
    const first = await start(services);
    services.wait(120);
    expect(await start(services)).toEqual(first);
    await wasStarted(services);
  });

  it('asking again after it has ended changes nothing', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services);
    services.wait(1800);
    services.driver.endInstall(vm.id);
    await read(services);
    expect(await start(services)).toMatchObject({ kind: 'started' });
    expect(services.driver.accepted).toHaveLength(1);
    expect(await read(services)).toMatchObject({ kind: 'ended', summary: { installedPatchCount: 3 } });
  });

  it.each(['before', 'after'] as const)(
    'a process that dies right %s any of its calls is followed by one that finds out',
    async (when) => {
      const calls = await countCalls(await someServices({ vms: [vm] }), start);
      expect(calls).toBeGreaterThan(5);
      for (let n = 1; n <= calls; n += 1) {
        const services = await someServices({ vms: [vm] });
        await dyingAt(services, n, when, start);
        services.wait(5);
        expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
        await wasStarted(services);
      }
    },
  );

  it('a process that dies twice, anywhere, is followed by one that finds out', async () => {
    for (let first = 1; first <= 12; first += 1)
      for (let second = 1; second <= 12; second += 1) {
        const services = await someServices({ vms: [vm] });
        await dyingAt(services, first, 'after', start);
        services.wait(5);
        await dyingAt(services, second, 'after', start);
        services.wait(15);
        expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
        await wasStarted(services);
      }
  });

  it('two processes at the same time start it once, in whatever order their calls fall', async () => {
    const orders = await everyInterleaving(async () => {
      const services = await someServices({ vms: [vm] });
      return {
        services,
        works: [start, start],
        atTheEnd: async () => {
          expect(services.driver.accepted.length).toBeLessThanOrEqual(1);
          services.wait(30);
          expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
          await wasStarted(services);
        },
      };
    });
    expect(orders).toBeGreaterThan(1000);
  });

  it.each(['startsUnheard', 'vanishes'] as const)(
    'two processes at the same time, and the first request %s: at most one starts',
    async (behaviour) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(1), { maxLength: 30 }), async (choices) => {
          const services = await someServices({ vms: [vm] });
          services.driver.postBehaviours.push(behaviour);
          await inOrder(services, [start, start], choices);
          services.wait(30);
          expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
          await wasStarted(services);
        }),
        { numRuns: 300 },
      );
    },
  );

  it('a process that stands still for longer than the ambiguity while another one starts it', async () => {
    const calls = await countCalls(await someServices({ vms: [vm] }), start);
    for (let n = 1; n < calls; n += 1) {
      const services = await someServices({ vms: [vm] });
      const slow = pausingAfter(services, n, async () => {
        services.wait(AMBIGUITY_SECONDS + 60);
        await startPatiently(services);
      });
      await start(slow);
      expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
      await wasStarted(services);
    }
  });

  it('a process whose clock has fallen behind, while another one takes over: it sends nothing', async () => {
    // After the last look at its own row nothing can be done any more: Azure takes no operation id of ours.
    const lastLook = 7;
    for (let n = 1; n < lastLook; n += 1) {
      const services = await someServices({ vms: [vm] });
      const ahead = { ...services, nowUtc: () => '2026-11-13T03:26:00.000Z' };
      await start(pausingAfter(services, n, () => start(ahead)));
      expect(services.driver.accepted).toHaveLength(1);
    }
  });

  it('a process that stands still while another one starts it and the installation ends', async () => {
    for (let n = 1; n < 9; n += 1) {
      const services = await someServices({ vms: [vm] });
      const slow = pausingAfter(services, n, async () => {
        services.wait(AMBIGUITY_SECONDS + 60);
        await startPatiently(services);
        services.wait(900);
        if (services.driver.accepted.length === 1) services.driver.endInstall(vm.id);
        await read(services);
      });
      await start(slow);
      await startPatiently(services);
      expect(services.driver.accepted).toHaveLength(1);
      expect(await read(services)).toMatchObject({ kind: 'ended' });
    }
  });
});

describe('a table that lost its last seconds', () => {
  const forget = (services: FakeServices): Promise<void> =>
    services.store.table('operations').write(vm.region, { remove: [keyOf(vm.id)] });

  it('the installation that began since is ours: it is adopted, and followed to its end', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services);
    await forget(services);
    services.wait(60);
    expect(await start(services)).toMatchObject({ kind: 'started' });
    await wasStarted(services);
    services.driver.endInstall(vm.id);
    expect(await read(services)).toMatchObject({ kind: 'ended', summary: { installedPatchCount: 3 } });
  });

  it('an adopted installation is waited for as long as it may take, also late in the window', async () => {
    const services = await someServices({ vms: [vm], nowUtc: '2026-11-13T09:00:00.000Z' });
    await start(services);
    await forget(services);
    services.clock.nowUtc = '2026-11-13T09:40:00.000Z';
    const answer = await start(services);
    expect(answer.kind === 'started' && answer.deadlineUtc >= '2026-11-13T10:35:00.000Z').toBe(true);
  });

  it('the installation can still be read without any row', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services);
    await forget(services);
    expect(await read(services)).toEqual({ kind: 'running' });
    services.driver.endInstall(vm.id);
    expect(await read(services)).toMatchObject({ kind: 'ended' });
  });

  it('what was installed on the VM before its turn is not taken for ours', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.installByHand(vm.id, '2026-11-12T20:00:00.000Z');
    expect(await start(services)).toMatchObject({ kind: 'started' });
    expect(services.driver.accepted).toHaveLength(1);
    expect(await read(services)).toEqual({ kind: 'running' });
  });
});

describe('INV-7: at most one installation per VM in flight, also under two claims', () => {
  it("another claim's installation that runs defers the VM", async () => {
    const services = await someServices({ vms: [vm] });
    await start(services, 'claim-1');
    expect(await start(services, 'claim-2')).toMatchObject({
      outcome: { kind: 'deferred', reason: 'installInFlight' },
    });
    expect(services.driver.accepted).toHaveLength(1);
  });

  it("another claim's installation that has ended is written down, and ours starts", async () => {
    const services = await someServices({ vms: [vm] });
    await start(services, 'claim-1');
    services.wait(600);
    services.driver.endInstall(vm.id);
    expect(await startPatiently(services, 'claim-2')).toMatchObject({ kind: 'started' });
    expect(services.driver.accepted).toHaveLength(2);
    const ended = (await services.audit.list(ROLLOUT)).filter(({ what }) => what === 'installEnded');
    expect(ended).toHaveLength(1);
  });

  it("another claim's intent without an answer is waited out before ours starts", async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push('vanishes');
    await start(services, 'claim-1');
    services.wait(60);
    expect(await start(services, 'claim-2')).toEqual({ kind: 'wait', untilUtc: '2026-11-13T03:25:00.000Z' });
    expect(await startPatiently(services, 'claim-2')).toMatchObject({ kind: 'started' });
    expect(services.driver.accepted).toHaveLength(1);
  });

  it('two claims at the same time start it once, in whatever order their calls fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1), { maxLength: 20 }), async (choices) => {
        const services = await someServices({ vms: [vm] });
        await inOrder(services, [(own) => start(own, 'claim-1'), (own) => start(own, 'claim-2')], choices);
        expect(services.driver.accepted).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });

  it('reading the end of an old installation never forgets a new one that began meanwhile', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services, 'claim-1');
    services.wait(600);
    services.driver.endInstall(vm.id);
    const slow = pausingAfter(services, 2, async () => {
      await startPatiently(services, 'claim-2');
    });
    await collectInstall.handler(slow)({ ...inputFor('claim-1'), claimId: 'claim-1' });
    expect((await services.operations.read(vm.region, vm.id))?.operation.claimId).toBe('claim-2');
  });
});
