import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EffectKind, loadScenario, scenarioPath } from '../../drivers/simulated/scenario';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, UBUNTU_18_04, vmsOf } from '../support/builders';
import {
  ALWAYS_ON,
  aClockedDriver,
  assess,
  install,
  RELEASE,
  started,
  CRITICAL_AND_SECURITY,
} from './clockedDriver';

const folder = join(__dirname, '../../fleets/scenarios');
const DAY = 24 * 60;

describe('scenario files', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.json')))(
    '%s is well formed and named as its file',
    (file) => {
      const scenario = loadScenario(readFileSync(join(folder, file), 'utf8'), file);
      expect(`${scenario.name}.json`).toBe(file);
      expect(scenario.description).not.toBe('');
    },
  );

  it('finds a scenario by its name, and leaves a path as it is', () => {
    expect(scenarioPath('bad-patch')).toBe('fleets/scenarios/bad-patch.json');
    expect(scenarioPath('mine/storm.json')).toBe('mine/storm.json');
    expect(scenarioPath('./storm')).toBe('./storm');
  });

  const effects = (effect: unknown): string =>
    JSON.stringify({ name: 'x', description: '', effects: [effect] });
  it.each([
    ['text that is no JSON', '{', 'It is not JSON'],
    ['a member that is missing', '{"name":"x","effects":[]}', 'description: '],
    ['an unknown effect', effects({ what: 'earthquake' }), 'effects.0.what: '],
    ['a misspelt member', effects({ what: 'poweredOff', for: 3 }), 'effects.0.for: '],
    [
      'a share above a hundred',
      effects({ what: 'poweredOff', who: { share: 101 } }),
      'effects.0.who.share: ',
    ],
    [
      'days in the wrong order',
      effects({ what: 'poweredOff', when: { fromDay: 9, toDay: 2 } }),
      'effects.0.when: ',
    ],
  ])('names file and member of %s', (_, text, words) => {
    const load = () => loadScenario(text, 'storm.json');
    expect(load).toThrow(expect.objectContaining({ code: 'SCENARIO_MALFORMED' }) as Error);
    expect(load).toThrow('storm.json');
    expect(load).toThrow(words);
  });

  it('documents every effect', () => {
    const text = readFileSync(join(__dirname, '../../docs/scenarios.md'), 'utf8');
    expect(EffectKind.options.filter((kind) => !text.includes(`\`${kind}\``))).toEqual([]);
  });
});

describe('the VMs that an effect strikes', () => {
  const vms: readonly VirtualMachine[] = [
    aVm({ name: 'win-1', tags: ALWAYS_ON, region: 'westeurope', zone: '1', subscriptionId: 'S1' }),
    aVm({
      name: 'lin-1',
      tags: { ...ALWAYS_ON, 'lowtide-patch-source': 'PrivateRepository' },
      osType: 'Linux',
      image: UBUNTU_18_04,
    }),
  ];
  it.each([
    [{ osType: 'Windows' }, ['win-1']],
    [{ image: 'canonical:UbuntuServer:*' }, ['lin-1']],
    [{ image: '2019-Datacenter' }, ['win-1']],
    [{ region: 'West Europe' }, ['win-1']],
    [{ zone: null }, ['lin-1']],
    [{ subscription: 's1' }, ['win-1']],
    [{ namePattern: '*-1' }, ['win-1', 'lin-1']],
    [{ namePattern: 'LIN*', osType: 'Windows' }, []],
    [{ patchSource: 'PrivateRepository' }, ['lin-1']],
    [{ availabilitySet: null }, ['win-1', 'lin-1']],
    [{ share: 0 }, []],
  ])('%j', async (who, names) => {
    const simulated = aClockedDriver({ vms, effects: [{ who, what: 'unhealthy' }] });
    const sick: string[] = [];
    for (const { id, name } of vms)
      if ((await simulated.driver.probeHealth(id))?.answer === 'unhealthy') sick.push(name);
    expect(sick).toEqual(names);
  });

  it('strikes about the share it names, and the same VMs each time', async () => {
    const many = vmsOf(400, (n) => ({ name: `many-${n}`, tags: ALWAYS_ON }));
    const sick = async (): Promise<number[]> => {
      const simulated = aClockedDriver({ vms: many, effects: [{ who: { share: 10 }, what: 'unhealthy' }] });
      const probes = await Promise.all(many.map(({ id }) => simulated.driver.probeHealth(id)));
      return probes.flatMap((probe, n) => (probe?.answer === 'unhealthy' ? [n] : []));
    };
    const affected = await sick();
    expect(affected.length).toBeGreaterThan(20);
    expect(affected.length).toBeLessThan(60);
    expect(await sick()).toEqual(affected);
  });
});

describe('what an effect does', () => {
  const vm = aVm({ name: 'victim', tags: ALWAYS_ON });
  const suffering = (...effects: readonly unknown[]) =>
    aClockedDriver({ vms: [vm], effects, startUtc: RELEASE });

  it('unhealthyAfterUpdate: the VM is unhealthy once it is updated, not before, and for ever unless it heals', async () => {
    const simulated = suffering({ what: 'unhealthyAfterUpdate' });
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'healthy' });
    expect(await install(simulated, vm)).toMatchObject({ summary: { status: 'Succeeded' } });
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'unhealthy' });
    simulated.pass(20 * DAY);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'unhealthy' });
  });

  it('unhealthyAfterUpdate for some time: it heals', async () => {
    const simulated = suffering({ what: 'unhealthyAfterUpdate', forMinutes: 300 });
    await install(simulated, vm);
    simulated.pass(300);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'healthy' });
  });

  it('healthUnknown: nothing is known for a while, which is not healthy', async () => {
    const simulated = suffering({ what: 'healthUnknown', forMinutes: 400 });
    await install(simulated, vm);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'unknown' });
    simulated.pass(400);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'healthy' });
  });

  it('healthFlaps: well and unwell by turns', async () => {
    const simulated = suffering({ what: 'healthFlaps' });
    await install(simulated, vm);
    const answers = new Set<string | undefined>();
    for (let n = 0; n < 20; n += 1) {
      simulated.pass(5);
      answers.add((await simulated.driver.probeHealth(vm.id))?.answer);
    }
    expect([...answers].sort()).toEqual(['healthy', 'unhealthy']);
  });

  it('agentSilentAfterUpdate: the agent is silent, and the log says so', async () => {
    const simulated = suffering({ what: 'agentSilentAfterUpdate', forMinutes: 400 });
    await install(simulated, vm);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({
      answer: 'unknown',
      signals: { vmAgent: 'notReady' },
    });
    simulated.pass(400);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'healthy' });
    const log = [...simulated.driver.events()].map(({ action }) => action);
    expect(log.filter((action) => action.startsWith('agent'))).toEqual(['agentLost', 'agentRestored']);
  });

  it('rebootHangs: the VM does not come back, and the operation ends by its maximum duration', async () => {
    const simulated = suffering({ what: 'rebootHangs' });
    expect(await install(simulated, vm)).toMatchObject({
      summary: { status: 'Failed', rebootStatus: 'Failed' },
    });
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'unhealthy' });
    await simulated.driver.power(vm.id, 'restart');
    simulated.pass(5);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'healthy' });
  });

  it('installFails: the operation fails with nothing installed', async () => {
    const simulated = suffering({ what: 'installFails' });
    expect(await install(simulated, vm)).toMatchObject({ kind: 'failed' });
    expect((await simulated.driver.readVirtualMachine(vm.id))?.lastInstallation).toMatchObject({
      status: 'Failed',
      installedPatchCount: 0,
    });
  });

  it('installHangs: it runs until its maximum duration and fails', async () => {
    const simulated = suffering({ what: 'installHangs' });
    const id = await started(simulated, () =>
      simulated.driver.startInstallation(vm.id, CRITICAL_AND_SECURITY),
    );
    simulated.pass(CRITICAL_AND_SECURITY.maximumDurationMinutes - 1);
    expect(await simulated.driver.readOperation(id)).toMatchObject({ kind: 'running' });
    simulated.pass(1);
    expect(await simulated.driver.readOperation(id)).toMatchObject({ summary: { status: 'Failed' } });
  });

  it('patchFails: single patches fail, and the rest is installed', async () => {
    const linux = aVm({ name: 'linux', osType: 'Linux', tags: ALWAYS_ON });
    const simulated = aClockedDriver({
      vms: [linux],
      effects: [{ what: 'patchFails', percent: 50 }],
      seed: 3,
    });
    expect(await install(simulated, linux)).toMatchObject({
      summary: { status: 'CompletedWithWarnings', failedPatchCount: expect.any(Number) as number },
    });
  });

  it('assessmentFails', async () => {
    expect(await assess(suffering({ what: 'assessmentFails' }), vm)).toMatchObject({ kind: 'failed' });
  });

  it('throttled: refuses with the seconds to wait', async () => {
    const simulated = suffering({ what: 'throttled' });
    expect(await simulated.driver.startAssessment(vm.id)).toMatchObject({
      code: 'throttled',
      retryAfterSeconds: expect.any(Number) as number,
    });
  });

  it('poweredOff and agentLost: on the days they name', async () => {
    const when = { fromDay: 2, toDay: 3 };
    const simulated = suffering(
      { what: 'poweredOff', when },
      { what: 'agentLost', when: { fromDay: 6, toDay: 6 } },
    );
    const days: string[] = [];
    for (let day = 0; day < 8; day += 1) {
      simulated.pass(1);
      const answer = await simulated.driver.startAssessment(vm.id);
      days.push(answer.kind === 'refused' ? answer.code : answer.kind);
      simulated.pass(DAY);
    }
    expect(days.map((day) => (day === 'throttled' ? 'started' : day))).toEqual([
      ...['started', 'started', 'notRunning', 'notRunning', 'started', 'started', 'agentNotReady', 'started'],
    ]);
  });

  it('vmDeleted: it is gone, and an operation in flight is lost though the log closes it', async () => {
    const simulated = suffering({ what: 'vmDeleted', when: { fromDay: 0, toDay: 1 } });
    const ids: string[] = [];
    for (let n = 0; n < 24; n += 1) {
      const answer = await simulated.driver.startInstallation(vm.id, CRITICAL_AND_SECURITY);
      if (answer.kind === 'started') ids.push(answer.operationId);
      simulated.pass(120);
    }
    simulated.pass(300);
    expect(await simulated.driver.readVirtualMachine(vm.id)).toBeNull();
    expect((await simulated.driver.listVirtualMachines(null)).items).toEqual([]);
    const log = [...simulated.driver.events()].filter(({ action }) => action === 'installCompleted');
    expect(log.map(({ operationId }) => operationId)).toEqual(ids);
  });

  it('answerLost: the start throws though the operation was begun; the VM shows it', async () => {
    const simulated = suffering({ what: 'answerLost' });
    await expect(
      started(simulated, () => simulated.driver.startInstallation(vm.id, CRITICAL_AND_SECURITY)),
    ).rejects.toThrow('connection was lost');
    expect((await simulated.driver.readVirtualMachine(vm.id))?.lastInstallation?.status).toBe('InProgress');
  });

  it('operationLost: the operation cannot be asked for, which goes on', async () => {
    const simulated = suffering({ what: 'operationLost' });
    expect(await install(simulated, vm)).toEqual({ kind: 'lost' });
    expect((await simulated.driver.readVirtualMachine(vm.id))?.lastInstallation?.status).toBe('Succeeded');
  });

  it('slowInstall: so many times slower', async () => {
    const minutes = async (simulated: ReturnType<typeof aClockedDriver>): Promise<number> => {
      await install(simulated, vm);
      const at = (action: string): number =>
        Date.parse([...simulated.driver.events()].find((event) => event.action === action)?.at ?? '');
      return (at('patchInstalled') - at('installStarted')) / 60_000;
    };
    expect(await minutes(suffering({ what: 'slowInstall', factor: 4 }))).toBeGreaterThan(
      2 * (await minutes(suffering())),
    );
  });
});
