import { aWorld, type FakeWorld } from '../support/fakeWorld';
import { read, start, vm } from '../support/installScene';

/** The platform has accepted an installation; `operation` is all it says of it from now on. */
async function running(operation: 'lost' | 'running'): Promise<FakeWorld> {
  const world = await aWorld({ vms: [vm] });
  await start(world);
  world.driver.readOperation = () =>
    Promise.resolve(operation === 'lost' ? { kind: 'lost' } : { kind: 'running', retryAfterSeconds: null });
  return world;
}

describe('an installation that the platform tells wrongly of', () => {
  it('is not over when its operation is lost and the instance view does not show it yet', async () => {
    const world = await running('lost');
    world.driver.change(vm.id, { lastInstallation: null });
    world.wait(600);
    expect(await read(world)).toEqual({ kind: 'running' });
  });

  it('is lost when it has not shown itself by its deadline', async () => {
    const world = await running('lost');
    world.driver.change(vm.id, { lastInstallation: null });
    world.wait(4 * 3600);
    expect(await read(world)).toEqual({ kind: 'lost' });
  });

  it('is lost with its VM', async () => {
    const world = await running('lost');
    world.driver.remove(vm.id);
    expect(await read(world)).toEqual({ kind: 'lost' });
  });

  it('is over by its deadline, by the word of the VM, although its operation never ends', async () => {
    const world = await running('running');
    world.driver.change(vm.id, { lastInstallation: { ...(await lastOf(world)), status: 'Succeeded' } });
    expect(await read(world)).toEqual({ kind: 'running' });
    world.wait(4 * 3600);
    expect(await read(world)).toMatchObject({ kind: 'ended', summary: { status: 'Succeeded' } });
  });
});

async function lastOf(
  world: FakeWorld,
): Promise<
  NonNullable<NonNullable<Awaited<ReturnType<typeof world.driver.readVirtualMachine>>>['lastInstallation']>
> {
  const last = (await world.driver.readVirtualMachine(vm.id))?.lastInstallation;
  if (!last) throw new Error('Nothing was started.');
  return last;
}
