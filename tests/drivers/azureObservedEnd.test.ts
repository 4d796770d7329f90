import type { StartAnswer } from '../../drivers/driver';
import type { PlainRequest } from '../../local/armServer';
import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON, CRITICAL_AND_SECURITY, RELEASE } from './clockedDriver';

const VM = aVm({
  name: 'ready',
  tags: ALWAYS_ON,
  patchMode: 'AutomaticByPlatform',
  customerManagedSchedule: true,
});
const isPoll = ({ url }: PlainRequest): boolean => url.includes('/operations/');

describe('an installation that a reading of its VM finds ended before it was polled', () => {
  let setup: AzureSetup;
  let start: Extract<StartAnswer, { kind: 'started' }>;
  beforeEach(async () => {
    setup = await anAzureSetup({ vms: [VM], startUtc: RELEASE, seed: 5 });
    const answer = await setup.driver.startInstallation(VM.id, CRITICAL_AND_SECURITY);
    if (answer.kind === 'refused') throw new Error(answer.message);
    start = answer;
    setup.simulated.pass(240);
  });
  afterEach(() => setup.close());

  const patchesLogged = (): number => setup.logged.filter(({ action }) => action === 'patchInstalled').length;
  const pollsAnswered = (status: number, body = '{}'): void => {
    setup.answerBy((honest) => (request) => {
      const headers = { 'content-type': 'application/json' };
      return isPoll(request) ? Promise.resolve({ status, headers, body }) : honest(request);
    });
  };

  it('has its patches and its reboot status, which the VM’s own view lacks', async () => {
    const reading = await setup.driver.readVirtualMachine(VM.id);
    const answer = await setup.driver.readOperation(start.operationId);
    if (answer.kind !== 'installed') throw new Error(answer.kind);
    expect(answer.patches?.length).toBeGreaterThan(0);
    expect(answer.summary.rebootStatus).not.toBe('Unknown');
    expect(reading?.lastInstallation).toEqual(answer.summary);
    expect(patchesLogged()).toBe(answer.summary.installedPatchCount);
    expect(setup.logged.filter(({ action }) => action === 'installCompleted')).toHaveLength(1);
  });

  it('is read all the same while its operation does not answer, and keeps its result for then', async () => {
    pollsAnswered(503);
    expect((await setup.driver.readVirtualMachine(VM.id))?.lastInstallation?.status).toBe('Succeeded');
    setup.answerBy((honest) => honest);
    setup.simulated.pass(10);
    expect((await setup.driver.readOperation(start.operationId)).kind).toBe('installed');
    expect(patchesLogged()).toBeGreaterThan(0);
  });

  it('has ended by that view when its operation says that it runs longer than anything may', async () => {
    pollsAnswered(200, '{"status":"InProgress"}');
    setup.simulated.pass(240);
    await setup.driver.readVirtualMachine(VM.id);
    expect(await setup.driver.readOperation(start.operationId)).toMatchObject({ kind: 'installed' });
    expect(setup.logged.map(({ action }) => action)).toEqual(['installStarted', 'installCompleted']);
  });
});
