import {
  JournalRequest,
  memoryJournal,
  type RequestJournal,
} from '../../drivers/simulated/log/requestJournal';
import type { ArmResource } from '../../drivers/fleet/armModel';
import { VmId } from '../../domain/ids';
import { aVm } from '../support/builders';
import { ALWAYS_ON, aClockedDriver, type ClockedDriver } from './clockedDriver';

const SUB = '11111111-0000-4000-8000-000000000001';
const GROUP = { subscriptionId: SUB, resourceGroup: 'Group' };
const armId = (name: string): string =>
  `/subscriptions/${SUB}/resourceGroups/Group/providers/Microsoft.Compute/virtualMachines/${name}`;
const idOf = (name: string): VmId => VmId.parse(armId(name));

function aModel(name: string, patchMode = 'AutomaticByPlatform', more: object = {}): ArmResource {
  return {
    id: armId(name),
    name,
    type: 'Microsoft.Compute/virtualMachines',
    location: 'eastus',
    properties: {
      storageProfile: {
        imageReference: { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS' },
        osDisk: { osType: 'Linux' },
      },
      osProfile: { linuxConfiguration: { patchSettings: { patchMode } } },
    },
    ...more,
  };
}

/** Remembers what it was given, and keeps it as lines as a file would. */
function listening(): RequestJournal & { readonly requests: JournalRequest[] } {
  const requests: JournalRequest[] = [];
  return {
    ...memoryJournal(),
    requests,
    append(request) {
      requests.push(JournalRequest.parse(JSON.parse(JSON.stringify(request))));
      return Promise.resolve();
    },
  };
}

/** Everything that can be asked of the resources, with time going by. */
async function aDay(simulated: ClockedDriver): Promise<void> {
  const { resources } = simulated.driver;
  await resources.registerFeature(SUB, 'InGuestAutoPatchVMPreview');
  simulated.pass(15);
  await resources.registerProvider(SUB);
  await resources.putResourceGroup({ ...GROUP, location: 'eastus', tags: { a: 'b' } });
  await resources.putVirtualMachine(aModel('One'));
  await resources.putVirtualMachine(aModel('two', 'ImageDefault'));
  simulated.pass(10);
  await resources.putVirtualMachine(aModel('one', 'AutomaticByPlatform', { tags: { x: 'y' } }));
  await simulated.driver.power(idOf('two'), 'powerOff');
  await simulated.driver.startAssessment(idOf('one'));
  simulated.pass(1);
  await resources.deleteVirtualMachine(idOf('one'));
  simulated.pass(60);
  await resources.putVirtualMachine(aModel('one', 'ImageDefault'));
  simulated.pass(60);
}

function facts({ driver }: ClockedDriver): unknown {
  const { resources } = driver;
  return {
    feature: resources.featureState(SUB, 'InGuestAutoPatchVMPreview'),
    provider: resources.providerState(SUB),
    groups: resources.resourceGroups(SUB),
    vms: resources.virtualMachines(GROUP),
    events: [...driver.events()],
  };
}

describe('The resources of the simulated Azure', () => {
  it('INV-12: are the same after a restart, with the same log', async () => {
    const journal = listening();
    const simulated = aClockedDriver({ journal });
    await aDay(simulated);
    const before = facts(simulated);
    simulated.driver.logUntil(simulated.now());
    const again = aClockedDriver({
      journal: memoryJournal(journal.requests),
      startUtc: simulated.now(),
    });
    expect(facts(again)).toEqual(before);
    expect(simulated.reported).toEqual([...simulated.driver.events()]);
  });

  it('R-602: registration takes up to 15 minutes, whatever the random', async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const simulated = aClockedDriver({ seed });
      const { resources } = simulated.driver;
      await resources.registerFeature(SUB, 'InGuestPatchVMPreview');
      expect(resources.featureState(SUB, 'InGuestPatchVMPreview')).toBe('Registering');
      simulated.pass(15);
      expect(resources.featureState(SUB.toUpperCase(), 'InGuestPatchVMPreview')).toBe('Registered');
    }
  });

  it('a new VM is off until it is there, then on, and not enabled', async () => {
    const simulated = aClockedDriver({});
    const { driver } = simulated;
    await driver.resources.putVirtualMachine(aModel('One'));
    expect(await driver.readVirtualMachine(idOf('one'))).toMatchObject({
      powerState: 'deallocated',
      vm: { enabled: false, armId: armId('One') },
    });
    simulated.pass(6);
    expect(await driver.readVirtualMachine(idOf('one'))).toMatchObject({
      powerState: 'running',
      extension: null,
    });
    expect((await driver.listVirtualMachines(null)).items).toHaveLength(1);
  });

  it('R-416: a VM that leaves AutomaticByPlatform is enabled no more', async () => {
    const vm = aVm({ tags: ALWAYS_ON });
    const simulated = aClockedDriver({ vms: [vm] });
    const { driver } = simulated;
    const model = driver.resources.virtualMachine(vm.id)?.model ?? {};
    expect((await driver.readVirtualMachine(vm.id))?.vm.enabled).toBe(true);
    await driver.resources.putVirtualMachine({ ...model, tags: { ...ALWAYS_ON, a: 'b' } });
    expect((await driver.readVirtualMachine(vm.id))?.vm).toMatchObject({ enabled: true, tags: { a: 'b' } });
    const text = JSON.stringify(model).replace('AutomaticByPlatform', 'AutomaticByOS');
    await driver.resources.putVirtualMachine(JSON.parse(text) as ArmResource);
    expect((await driver.readVirtualMachine(vm.id))?.vm.enabled).toBe(false);
    await driver.resources.putVirtualMachine(model);
    expect((await driver.readVirtualMachine(vm.id))?.vm.enabled).toBe(false);
  });

  it('a VM that is deleted takes its operation with it', async () => {
    const simulated = aClockedDriver({});
    const { driver } = simulated;
    await driver.resources.putVirtualMachine(aModel('one'));
    simulated.pass(10);
    const started = await driver.startAssessment(idOf('one'));
    expect(started.kind).toBe('started');
    await driver.resources.deleteVirtualMachine(idOf('one'));
    simulated.pass(10);
    expect(await driver.readVirtualMachine(idOf('one'))).toBeNull();
    expect(started.kind === 'started' && (await driver.readOperation(started.operationId))).toEqual({
      kind: 'lost',
    });
  });

  it('a VM that is deleted while it is being created is created first', async () => {
    const simulated = aClockedDriver({});
    const { resources } = simulated.driver;
    const { provisionedUtc } = await resources.putVirtualMachine(aModel('one'));
    const doneUtc = await resources.deleteVirtualMachine(idOf('one'));
    expect(doneUtc !== null && doneUtc > provisionedUtc).toBe(true);
    simulated.pass(20);
    expect(resources.virtualMachine(idOf('one'))).toBeNull();
    const reported = [...simulated.driver.events()];
    expect(reported.map(({ action }) => action)).toEqual(['poweredOff', 'poweredOn', 'deleted']);
  });

  it('a VM that is moved is the same machine under another id, and the log says so', async () => {
    const simulated = aClockedDriver({});
    const { driver } = simulated;
    await driver.resources.putVirtualMachine(aModel('one'));
    simulated.pass(20);
    const before = driver.resources.virtualMachine(idOf('one'));
    const to = (before?.armId ?? '').replace(/resourceGroups\/[^/]+/i, 'resourceGroups/other');
    const moved = await driver.resources.moveVirtualMachine(idOf('one'), to);
    expect(moved?.vmId).toBe(before?.vmId);
    expect(driver.resources.virtualMachine(idOf('one'))).toBeNull();
    const { items } = await driver.listVirtualMachines(null);
    expect(items.map(({ armId, uniqueId }) => [armId, uniqueId])).toEqual([[to, before?.vmId]]);
    simulated.pass(1);
    expect([...driver.events()].at(-1)).toMatchObject({ action: 'moved', vm: before?.armId, to });
  });

  it('a fleet that is loaded replaces them', async () => {
    const simulated = aClockedDriver({});
    const { driver } = simulated;
    await driver.resources.putVirtualMachine(aModel('one'));
    const vm = aVm({});
    const other = aClockedDriver({ vms: [vm] }).driver.fleet();
    if (other === null) throw new Error('no fleet');
    await driver.loadFleet(other);
    expect(driver.resources.virtualMachine(idOf('one'))).toBeNull();
    expect(driver.resources.virtualMachine(vm.id)?.provisioningState).toBe('Succeeded');
    expect(driver.resources.optIn(vm.subscriptionId, 'InGuestAutoPatchVMPreview')).toBe('effective');
  });

  it('secrets are for the caller to leave out: what is put is what is remembered, and nothing else', async () => {
    const journal = listening();
    const simulated = aClockedDriver({ journal });
    await aDay(simulated);
    expect(journal.requests.map(({ kind }) => kind)).toEqual([
      ...[
        'feature',
        'provider',
        'putGroup',
        'putVm',
        'putVm',
        'putVm',
        'power',
        'assess',
        'deleteVm',
        'putVm',
      ],
    ]);
  });
});
