import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runEnableAzure } from '../../cli/enableAzure';
import { runPlanAzure } from '../../cli/planAzure';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { Arm } from '../../drivers/azure/arm';
import { enablementOf } from '../../drivers/azure/enablement';
import { probeVm } from '../../drivers/azure/probe';
import type { PlainRequest } from '../../local/armServer';
import { aVm, vmsOf } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON, RELEASE } from './clockedDriver';

const SUBSCRIPTION = '00000000-0000-0000-0000-000000000001';
const MISSING = '00000000-0000-0000-0000-00000000dead';
const READY = aVm({
  name: 'ready',
  tags: ALWAYS_ON,
  patchMode: 'AutomaticByPlatform',
  customerManagedSchedule: true,
});
const AZURES = aVm({ name: 'azures', tags: ALWAYS_ON, patchMode: 'AutomaticByPlatform' });
const OWN = aVm({
  name: 'own',
  tags: ALWAYS_ON,
  osType: 'Windows',
  patchMode: 'AutomaticByOS',
  enabled: false,
});

describe('the commands that speak with Azure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-azure-commands-'));
  const settings = join(folder, 'settings.json');
  let setup: AzureSetup;
  let requests: PlainRequest[];
  let said: string[];
  beforeEach(async () => {
    const vms = [READY, AZURES, OWN, ...vmsOf(7, () => ({ customerManagedSchedule: true }))];
    setup = await anAzureSetup({ vms, startUtc: RELEASE, seed: 5 });
    requests = [];
    setup.answerBy((honest) => (request) => {
      requests.push(request);
      return honest(request);
    });
    said = [];
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    withSubscriptions(SUBSCRIPTION);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await setup.close();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const withSubscriptions = (ids: string): void => {
    const Values = { LOWTIDE_AZURE_ENDPOINT: setup.server.url, LOWTIDE_AZURE_SUBSCRIPTIONS: ids };
    writeFileSync(settings, JSON.stringify({ IsEncrypted: false, Values }));
  };
  /** A query of Resource Graph is a POST that reads. */
  const writes = (): string[] =>
    requests
      .filter(({ method, url }) => method !== 'GET' && !url.startsWith('/providers/Microsoft.ResourceGraph/'))
      .map(({ method, url }) => `${method} ${url.replace(/^.*\//, '')}`);

  it('plan --azure writes nothing: of its requests each is a GET or a query', async () => {
    expect(await runPlanAzure({ settings })).toBe(0);
    expect(requests.length).toBeGreaterThan(3);
    expect(writes()).toEqual([]);
    const text = said.join('');
    expect(text).toMatch(/VMs? in \d+ phase/);
    expect(text).toMatch(/8 {2}in charge/);
    expect(text).toMatch(/not in charge: Azure patches it every month/);
    expect(text).toMatch(/0 {2}that change anything/);
  });

  it('a subscription that does not answer is named, and the plan is not called whole', async () => {
    withSubscriptions(`${SUBSCRIPTION},${MISSING}`);
    expect(await runPlanAzure({ settings })).toBe(2);
    expect(said.join('')).toMatch(
      new RegExp(`${MISSING} did not answer: its VMs are missing here, not gone`),
    );
    expect((await setup.driver.listVirtualMachines(null)).incomplete).toEqual([]);
  });

  it('when no subscription answers there is an error, never an empty fleet', async () => {
    withSubscriptions(MISSING);
    await expect(runPlanAzure({ settings })).rejects.toThrow(/No subscription answered/);
  });

  it('enable:azure --dry-run names every change and makes none', async () => {
    expect(await runEnableAzure({ settings, dryRun: true })).toBe(0);
    expect(writes()).toEqual([]);
    const text = said.join('');
    expect(text).toMatch(/ready: nothing to do/);
    expect(text).toMatch(/azures: AutomaticByPlatform without the bypass becomes AutomaticByPlatform with/);
    expect(text).toMatch(/A dry run: nothing was changed/);
  });

  it('enable:azure changes what was named to it, once, and then Lowtide is in charge of it', async () => {
    expect(await runEnableAzure({ settings, vm: [AZURES.armId] })).toBe(0);
    expect(writes()).toEqual(['PATCH azures?api-version=2024-07-01']);
    expect((await setup.driver.readVirtualMachine(AZURES.id))?.vm.control).toEqual({ kind: 'inCharge' });
  });

  it('an assessment that Azure made by itself is taken from Resource Graph, and costs no call of the small budget', async () => {
    await runEnableAzure({ settings, vm: [AZURES.armId] });
    setup.simulated.pass(60);
    const { driver, simulated } = setup;
    const first = await driver.startAssessment(AZURES.id);
    if (first.kind === 'refused') throw new Error(first.message);
    simulated.pass(60);
    const answer = await driver.readOperation(first.operationId);
    const second = await driver.startAssessment(AZURES.id);
    if (second.kind === 'refused') throw new Error(second.message);
    const { kind, summary } = (await driver.readOperation(second.operationId)) as typeof answer & {
      summary: object;
    };
    expect([kind, summary]).toEqual([
      'assessed',
      expect.objectContaining({ criticalAndSecurityPatchCount: expect.any(Number) as number }),
    ]);
    expect(summary).toMatchObject({
      criticalAndSecurityPatchCount: (answer as { summary: { criticalAndSecurityPatchCount: number } })
        .summary.criticalAndSecurityPatchCount,
    });
    expect(writes().filter((write) => write.includes('assessPatches'))).toHaveLength(1);
    simulated.pass(27 * 60);
    await driver.startAssessment(AZURES.id);
    expect(writes().filter((write) => write.includes('assessPatches'))).toHaveLength(2);
  });

  it('a VM that a maintenance configuration patches is left to its owner: two would patch it', () => {
    const because = 'Azure Update Manager patches it by the maintenance configuration weekly';
    const vm: VirtualMachine = { ...AZURES, control: { kind: 'notInCharge', because } };
    expect(enablementOf(vm)).toMatchObject({ kind: 'byOwner' });
    expect(
      enablementOf({ ...OWN, control: { kind: 'notInCharge', because: 'x' }, enableAutomaticUpdates: false }),
    ).toMatchObject({
      kind: 'byOwner',
    });
  });

  const probed = async (installs: boolean): Promise<Map<string, string>> => {
    const arm = new Arm({ endpoint: setup.server.url, credential: null });
    const sleep = (milliseconds: number): Promise<void> => {
      setup.simulated.pass(milliseconds / 60_000);
      return Promise.resolve();
    };
    const nowUtc = (): string => setup.simulated.now();
    const answers = new Map<string, string>();
    const options = { arm, vmId: READY.armId, nowUtc, sleep, urlMinutes: 15, installs };
    for await (const { question, answer } of probeVm(options)) answers.set(question, answer);
    return answers;
  };

  it('probe:azure installs nothing, and answers what the settings rest on', async () => {
    const answers = await probed(false);
    expect(writes()).toEqual([
      'POST assessPatches?api-version=2026-03-01',
      'POST assessPatches?api-version=2026-03-01',
    ]);
    expect(answers.get('Does the status of the VM agent carry a fresh time?')).toMatch(/^yes, 0 s old/);
    expect(answers.get('May its maintenance assignments be read?')).toBe('yes, it has 0');
    expect(answers.get('Does Resource Graph answer with the permissions that there are?')).toMatch(
      /^yes; .*x-ms-user-quota-remaining 14/,
    );
    expect(answers.get('What is answered to a second assessPatches while one runs?')).toMatch(/^409/);
    expect(answers.get('How long can the result of a finished operation be read?')).toMatch(
      /still there after 15/,
    );
  });

  it('probe:azure installs and reboots only when it is asked to, and answers what nothing else does', async () => {
    let looks = 0;
    setup.answerBy((honest) => async (request) => {
      requests.push(request);
      const answer = await honest(request);
      if (answer === null || !request.url.includes('/instanceView')) return answer;
      looks += 1;
      // For two looks, as through a reboot.
      const isSilent = looks === 2 || looks === 3;
      const body = isSilent
        ? answer.body.replace(/"displayStatus":"Ready"/, '"displayStatus":"Not Ready"')
        : answer.body;
      return { ...answer, body };
    });
    const answers = await probed(true);
    expect(writes().slice(2)).toEqual([
      'POST installPatches?api-version=2026-03-01',
      'POST installPatches?api-version=2026-03-01',
      'POST assessPatches?api-version=2026-03-01',
    ]);
    expect(answers.get('Is a longer duration than 235 minutes taken (PT4H)?')).toMatch(/^202/);
    expect(answers.get('How long does installPatches ask to wait, and what is left of which limit?')).toMatch(
      /^no Retry-After; x-ms-ratelimit-remaining-/,
    );
    for (const action of ['installPatches', 'assessPatches'])
      expect(answers.get(`What is answered to ${action} while an installation runs?`)).toMatch(/^409/);
    expect(answers.get('How long is the VM agent silent through a reboot?')).toMatch(
      /^ready at .*, notReady at .*, ready at /,
    );
    expect(answers.get('How does the first installation end, with newer requests behind it?')).toMatch(
      /^Succeeded, Succeeded, \d+ installed/,
    );
    expect(answers.get('Which reboot setting holds, that of the VM or that of the request?')).toBe(
      'the VM says nothing, the request Always: reboot Completed',
    );
  });
});
