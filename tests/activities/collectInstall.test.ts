import { someServices, type FakeServices } from '../support/fakeServices';
import { read, start, vm } from '../support/installScene';

/** The platform has accepted an installation; `operation` is all it says of it from now on. */
async function running(operation: 'lost' | 'running'): Promise<FakeServices> {
  const services = await someServices({ vms: [vm] });
  await start(services);
  services.driver.readOperation = () =>
    Promise.resolve(operation === 'lost' ? { kind: 'lost' } : { kind: 'running', retryAfterSeconds: null });
  return services;
}

describe('an installation that the platform reports wrongly', () => {
  it('is not over when its operation is lost and the instance view does not show it yet', async () => {
    const services = await running('lost');
    services.driver.change(vm.id, { lastInstallation: null });
    services.wait(600);
    expect(await read(services)).toEqual({ kind: 'running' });
  });

  it('is lost when it has not shown itself by its deadline', async () => {
    const services = await running('lost');
    services.driver.change(vm.id, { lastInstallation: null });
    services.wait(4 * 3600);
    expect(await read(services)).toEqual({ kind: 'lost' });
  });

  it('is lost with its VM', async () => {
    const services = await running('lost');
    services.driver.remove(vm.id);
    expect(await read(services)).toEqual({ kind: 'lost' });
  });

  it('is over by its deadline, by the word of the VM, although its operation never ends', async () => {
    const services = await running('running');
    services.driver.change(vm.id, { lastInstallation: { ...(await lastOf(services)), status: 'Succeeded' } });
    expect(await read(services)).toEqual({ kind: 'running' });
    services.wait(4 * 3600);
    expect(await read(services)).toMatchObject({ kind: 'ended', summary: { status: 'Succeeded' } });
  });
});

async function lastOf(
  services: FakeServices,
): Promise<
  NonNullable<NonNullable<Awaited<ReturnType<typeof services.driver.readVirtualMachine>>>['lastInstallation']>
> {
  const last = (await services.driver.readVirtualMachine(vm.id))?.lastInstallation;
  if (!last) throw new Error('Nothing was started.');
  return last;
}
