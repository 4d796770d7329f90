import { parseFleet } from '../../drivers/fleet/parseFleet';
import { ALWAYS_ON, aClockedDriver, RELEASE } from './clockedDriver';
import { VmId } from '../../domain/ids';
import { UBUNTU_18_04 } from '../support/builders';

const GUID = '6D5C4B3A-0000-4000-8000-00000000ABCD';
const idIn = (group: string): string =>
  `/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/web`;

/** One VM as `az vm list` prints it, in a group. */
const fleetIn = (group: string, vmId: string, more: object = {}) =>
  parseFleet(
    JSON.stringify([
      {
        id: idIn(group),
        name: 'web',
        location: 'eastus',
        tags: ALWAYS_ON,
        vmId,
        ...more,
        storageProfile: {
          imageReference: UBUNTU_18_04,
          osDisk: { osType: 'Linux' },
        },
        osProfile: { linuxConfiguration: { patchSettings: { patchMode: 'AutomaticByPlatform' } } },
      },
    ]),
    'fleet.json',
  );
const at = (group: string): VmId => VmId.parse(idIn(group));

it('B6: a VM that a file has under another id is the machine that it was, by its GUID in any case', async () => {
  const simulated = aClockedDriver({});
  await simulated.driver.loadFleet(fleetIn('rg-old', GUID));
  simulated.goTo(RELEASE);
  simulated.pass(60 * 24 * 3);
  const order = {
    rolloutId: null,
    maximumDurationMinutes: 200,
    rebootSetting: 'IfRequired',
    classificationsToInclude: ['Critical', 'Security'],
    maxPatchPublishDate: null,
  } as const;
  await simulated.driver.startInstallation(at('rg-old'), order);
  simulated.pass(300);
  const before = await simulated.driver.readVirtualMachine(at('rg-old'));
  expect(before?.lastInstallation?.installedPatchCount).toBeGreaterThan(0);
  await simulated.driver.loadFleet(fleetIn('RG-NEW', GUID.toLowerCase()));
  expect(await simulated.driver.readVirtualMachine(at('rg-old'))).toBeNull();
  const moved = await simulated.driver.readVirtualMachine(at('RG-NEW'));
  expect(moved?.vm.uniqueId).toBe(GUID.toLowerCase());
  expect(moved?.lastInstallation).toEqual(before?.lastInstallation);
});

it('B6: a VM whose tags were changed is listed with its GUID, and so is one that was created: a move is known by it', async () => {
  const { driver } = aClockedDriver({});
  const { resources } = driver;
  await driver.loadFleet(fleetIn('rg', GUID));
  const { model } = resources.virtualMachine(at('rg')) ?? { model: {} };
  await resources.putVirtualMachine({ ...model, tags: { ...ALWAYS_ON, team: 'web' } });
  await resources.putVirtualMachine({ ...model, id: `${idIn('rg')}2`, name: 'web2' });
  const { items } = await driver.listVirtualMachines(null);
  const guids = items.map(({ uniqueId }) => uniqueId?.toLowerCase());
  expect(guids[0]).toBe(GUID.toLowerCase());
  expect(guids[1]).toBe(resources.virtualMachine(VmId.parse(`${idIn('rg')}2`))?.vmId.toLowerCase());
  expect(guids[1]).not.toBe(guids[0]);
});

it.each(['00000000-0000-0000-0000-000000000000', 'unknown', ''])(
  'B6: a vmId that is none (%s) makes no two VMs one',
  async (vmId) => {
    const { driver } = aClockedDriver({});
    await driver.loadFleet(fleetIn('rg-old', vmId));
    const read = await driver.readVirtualMachine(at('rg-old'));
    expect(read?.vm).not.toHaveProperty('uniqueId');
  },
);

it('B6: vmId and provisioningState of a file are kept', async () => {
  const { driver } = aClockedDriver({});
  await driver.loadFleet(fleetIn('rg', GUID, { provisioningState: 'Failed' }));
  expect(driver.resources.virtualMachine(at('rg'))).toMatchObject({
    vmId: GUID,
    provisioningState: 'Failed',
  });
});
