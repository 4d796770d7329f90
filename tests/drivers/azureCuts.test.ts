import type { FleetDriver, OperationAnswer, StartAnswer } from '../../drivers/driver';
import { aSet, aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON, CRITICAL_AND_SECURITY, RELEASE } from './clockedDriver';

const VM = aVm({
  name: 'ready',
  tags: ALWAYS_ON,
  patchMode: 'AutomaticByPlatform',
  customerManagedSchedule: true,
  availabilitySetId: aSet('web'),
  updateDomain: 1,
});

/** What each request of it was: method and last part of the path. */
type Requests = readonly string[];

/**
 * All that is done to a VM in its month: listed, assessed, installed, probed. As by a caller that is ended and started again at every failure:
 * it knows which VM, and nothing else.
 */
async function patchedOnce(setup: AzureSetup): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    try {
      if (await isPatched(setup, setup.restarted())) return;
    } catch {
      // The next one begins again.
    }
    setup.simulated.pass(10);
  }
  throw new Error('it was not patched in ten hours');
}

async function isPatched(setup: AzureSetup, driver: FleetDriver): Promise<boolean> {
  const { items } = await driver.listVirtualMachines(null);
  if (items[0]?.updateDomain !== 1) return false;
  const reading = await driver.readVirtualMachine(VM.id);
  if (reading === null) throw new Error('the VM is gone');
  if (reading.lastAssessment?.status !== 'Succeeded')
    await ended(setup, driver, await driver.startAssessment(VM.id));
  if (reading.lastInstallation === null)
    await ended(setup, driver, await driver.startInstallation(VM.id, CRITICAL_AND_SECURITY));
  const after = await driver.readVirtualMachine(VM.id);
  if (after?.lastInstallation?.status !== 'Succeeded') return false;
  return (await driver.probeHealth(VM.id))?.answer === 'healthy';
}

async function ended(setup: AzureSetup, driver: FleetDriver, start: StartAnswer): Promise<void> {
  if (start.kind === 'refused') throw new Error(start.message);
  let answer: OperationAnswer = { kind: 'running', retryAfterSeconds: null };
  while (answer.kind === 'running') {
    setup.simulated.pass(30);
    answer = await driver.readOperation(start.operationId);
  }
}

/** Cuts the line at the request of this number; none at 0. Before the request arrives, or before its answer does. */
async function cutAt(at: number, arrives: boolean): Promise<{ requests: Requests; installs: number[] }> {
  const setup = await anAzureSetup({ vms: [VM], startUtc: RELEASE, seed: 5 });
  const requests: string[] = [];
  setup.answerBy((honest) => async (request) => {
    const [path = ''] = request.url.split('?');
    requests.push(
      `${request.method} ${path.includes('/operations/') ? 'operation' : path.split('/').at(-1)}`,
    );
    if (requests.length !== at) return honest(request);
    if (arrives) await honest(request);
    return null;
  });
  await patchedOnce(setup);
  const starts = [[...setup.simulated.driver.events()], setup.logged].map(
    (events) => events.filter(({ action }) => action === 'installStarted').length,
  );
  await setup.close();
  return { requests, installs: starts };
}

describe('cutting the line at every request of one VM, each once', () => {
  let all: Requests = [];
  beforeAll(async () => {
    all = (await cutAt(0, false)).requests;
  });

  it('they are all that the driver sends for a VM', () => {
    expect([...new Set(all)].sort()).toEqual([
      'GET configurationAssignments',
      'GET current',
      'GET instanceView',
      'GET operation',
      'GET ready',
      'POST assessPatches',
      'POST installPatches',
      'POST resources',
    ]);
  });

  it.each([
    ['before the request arrives', false],
    ['before its answer does', true],
  ])('never installs twice: %s', async (_what, arrives) => {
    expect(all.length).toBeGreaterThan(12);
    for (let at = 1; at <= all.length; at += 1) {
      const { installs, requests } = await cutAt(at, arrives);
      expect([at, requests[at - 1], installs]).toEqual([at, all[at - 1], [1, 1]]);
    }
  });
});
