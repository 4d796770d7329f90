import { faultyWire, WIRE_FAULTS } from '../../lab/faults/wireFaults';
import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON, CRITICAL_AND_SECURITY, RELEASE } from './clockedDriver';

const VM = aVm({
  name: 'ready',
  tags: ALWAYS_ON,
  patchMode: 'AutomaticByPlatform',
  customerManagedSchedule: true,
});
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** Of three requests one is answered with a fault. */
const PERCENT = 33;

/** As a caller that is started again at every failure: it knows the VM and what it is to ask for, and nothing else. */
async function untilInstalled(setup: AzureSetup): Promise<void> {
  let driver = setup.restarted();
  let operationId: string | null = null;
  for (let tries = 0; tries < 150; tries += 1) {
    try {
      const reading = await driver.readVirtualMachine(VM.id);
      if (reading?.lastInstallation?.status === 'Succeeded') return;
      if (reading?.lastInstallation === null) {
        const start = await driver.startInstallation(VM.id, CRITICAL_AND_SECURITY);
        if (start.kind === 'started') operationId = start.operationId;
      }
      if (operationId !== null) await driver.readOperation(operationId);
    } catch {
      driver = setup.restarted();
    }
    setup.simulated.pass(10);
  }
  throw new Error('it was not installed in a day');
}

describe('torture of the line between the azure driver and Azure', () => {
  const struck: Record<string, number> = {};

  it.each(SEEDS)('one installation is one installation, by both logs: seed %d', async (seed) => {
    const setup = await anAzureSetup({ vms: [VM], startUtc: RELEASE, seed: 5 });
    const wire = faultyWire(seed, PERCENT);
    setup.answerBy(wire.wrap);
    await untilInstalled(setup);
    for (const [fault, times] of Object.entries(wire.struck)) struck[fault] = (struck[fault] ?? 0) + times;
    const started = [...setup.simulated.driver.events()].filter(({ action }) => action === 'installStarted');
    const logged = setup.logged.filter(({ action }) => action === 'installStarted');
    expect([started.length, logged.length]).toEqual([1, 1]);
    await setup.close();
  });

  it('every kind of fault strikes in one of these seeds', () => {
    expect(Object.keys(struck).sort()).toEqual([...WIRE_FAULTS].sort());
  });
});
