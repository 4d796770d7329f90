import { collectInstall } from '../../activities/collectInstall';
import { someServices, ROLLOUT, type FakeServices } from '../support/fakeServices';
import { inputFor, start, startPatiently, vm } from '../support/installScene';
import { countCalls, dyingAt } from '../support/interleave';
import type { OperationStore } from '../../store/operations';

const rows = async (services: FakeServices): Promise<string[]> =>
  (await services.audit.list(ROLLOUT)).map(({ what }) => what).sort();

/** Through the services it is given, which may be one that dies. */
const read = (services: FakeServices): Promise<unknown> =>
  collectInstall.handler(services)({ ...inputFor('claim-1'), claimId: 'claim-1' });

const running = async (): Promise<FakeServices> => {
  const services = await someServices({ vms: [vm] });
  await start(services);
  services.wait(1800);
  return services;
};

describe('INV-11: the audit of an installation', () => {
  it.each(['before', 'after'] as const)(
    'has its start, once, also when the process dies right %s any of its calls',
    async (when) => {
      const calls = await countCalls(await someServices({ vms: [vm] }), start);
      for (let n = 1; n <= calls; n += 1) {
        const services = await someServices({ vms: [vm] });
        await dyingAt(services, n, when, start);
        services.wait(5);
        await startPatiently(services);
        expect(await rows(services)).toEqual(['installStarted']);
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
        const services = await running();
        services.driver.endInstall(vm.id);
        await dyingAt(services, n, when, read);
        await read(services);
        expect(await rows(services)).toEqual(['installEnded', 'installStarted']);
      }
    },
  );

  it('has both when the installation was never heard of and another claim finds it', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push('startsUnheard');
    await start(services, 'claim-1');
    services.wait(3600);
    services.driver.endInstall(vm.id);
    await startPatiently(services, 'claim-2');
    expect(await rows(services)).toEqual(['installEnded', 'installStarted', 'installStarted']);
  });

  it.each(['before', 'after'] as const)(
    'has as many ends as starts when a process dies right %s any of its calls and the VM is deleted meanwhile',
    async (when) => {
      const calls = await countCalls(await someServices({ vms: [vm] }), start);
      for (let n = 1; n <= calls; n += 1) {
        const services = await someServices({ vms: [vm] });
        await dyingAt(services, n, when, start);
        services.wait(5);
        services.driver.remove(vm.id);
        await startPatiently(services);
        services.wait(24 * 3600); // the fake's operations know nothing of deletions
        await read(services);
        const starts = (await rows(services)).filter((what) => what === 'installStarted');
        expect(await rows(services)).toEqual([...starts.map(() => 'installEnded'), ...starts]);
      }
    },
  );

  it('is followed to its end although another process writes its row when its answer is stored', async () => {
    const services = await someServices({ vms: [vm] });
    let claims = 0;
    const { operations } = services;
    const contended: OperationStore = {
      ...operations,
      put: (operation, etag) => {
        claims += 1;
        return claims === 2 ? Promise.resolve(false) : operations.put(operation, etag);
      },
    };
    await start({ ...services, operations: contended });
    services.driver.remove(vm.id);
    services.wait(24 * 3600);
    await read(services);
    expect(await rows(services)).toEqual(['installEnded', 'installStarted']);
  });

  it('has nothing of a request that never arrived', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push('vanishes');
    await start(services, 'claim-1');
    services.wait(3600);
    await startPatiently(services, 'claim-2');
    expect(await rows(services)).toEqual(['installStarted']);
    await read(services);
    expect(await rows(services)).toEqual(['installStarted']);
  });
});
