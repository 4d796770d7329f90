import fc from 'fast-check';
import type { DriverEvent } from '../../drivers/driver';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import { aSet, aVm, vmsOf } from '../support/builders';
import { itKeepsTheContract } from './driverContract';
import {
  ALWAYS_ON,
  aClockedDriver,
  aScenario,
  assess,
  CRITICAL_AND_SECURITY,
  install,
  RELEASE,
  started,
  type ClockedDriver,
} from './clockedDriver';

const onVm = (over: Partial<VirtualMachine> & { name?: string } = {}): VirtualMachine =>
  aVm({ tags: ALWAYS_ON, name: 'web-02', ...over });
const actions = (events: Iterable<DriverEvent>, vm: VirtualMachine): string[] =>
  [...events].filter((event) => event.vm === vm.armId).map(({ action }) => action);
const eventsOf = (simulated: ClockedDriver, action: string): DriverEvent[] =>
  [...simulated.driver.events()].filter((event) => event.action === action);

describe('the simulated driver keeps the contract of drivers', () => {
  itKeepsTheContract(async () => {
    const ready = onVm({ name: 'ready' });
    const poweredOff = aVm({ name: 'off', tags: { 'lowtide-power': 'parked' } });
    const notEnabled = onVm({ name: 'not-enabled', enabled: false });
    const agentless = onVm({ name: 'agentless', provisionVMAgent: false });
    const vms = [ready, poweredOff, notEnabled, agentless, ...vmsOf(500)];
    const simulated = aClockedDriver({ vms, startUtc: RELEASE, seed: 5 });
    return Promise.resolve({
      driver: simulated.driver,
      ready: ready.id,
      poweredOff: poweredOff.id,
      notEnabled: notEnabled.id,
      agentless: agentless.id,
      pass(minutes) {
        simulated.pass(minutes);
        return Promise.resolve();
      },
    });
  });
});

describe('which patches', () => {
  it('R-101, R-102: of what is available, only Critical and Security is installed; definition updates and the rest are counted', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    const before = simulated.driver.availablePatches(vm.id) ?? [];
    expect(before.map(({ classification }) => classification)).toEqual(
      expect.arrayContaining(['Security', 'UpdateRollUp', 'Definition']),
    );
    const answer = await install(simulated, vm);
    const wanted = before.filter(({ classification }) => /Critical|Security/.test(classification));
    expect(answer).toMatchObject({
      kind: 'installed',
      summary: {
        installedPatchCount: wanted.length,
        notSelectedPatchCount: before.length - wanted.length,
        excludedPatchCount: 0,
        failedPatchCount: 0,
        pendingPatchCount: 0,
      },
    });
    const installed = eventsOf(simulated, 'patchInstalled');
    expect(installed.map(({ patchId }) => patchId).sort()).toEqual(
      wanted.map(({ patchId }) => patchId).sort(),
    );
    expect(new Set(installed.map((event) => event['classification']))).not.toContain('Definition');
  });

  it('R-301: every Critical and Security patch assessed is installed, or counted as failed or pending', async () => {
    const vms = vmsOf(40, (n) => ({ tags: ALWAYS_ON, osType: n % 2 === 0 ? 'Windows' : 'Linux' }));
    const simulated = aClockedDriver({
      vms,
      startUtc: RELEASE,
      effects: [{ what: 'patchFails', percent: 20 }],
    });
    for (const vm of vms) {
      const found = await assess(simulated, vm);
      const done = await install(simulated, vm, { maximumDurationMinutes: 45 });
      if (found.kind !== 'assessed' || done.kind !== 'installed') continue;
      const { installedPatchCount, failedPatchCount, pendingPatchCount } = done.summary;
      expect(installedPatchCount + failedPatchCount + pendingPatchCount).toBe(
        found.summary.criticalAndSecurityPatchCount,
      );
    }
    expect(eventsOf(simulated, 'patchFailed').length).toBeGreaterThan(0);
  });

  it('R-302: like VMs assessed at different times may get different patches', () => {
    const vm = onVm({
      name: 'linux',
      osType: 'Linux',
      tags: { ...ALWAYS_ON, 'lowtide-patch-source': 'UbuntuStream' },
    });
    const simulated = aClockedDriver({ vms: [vm] });
    const early = simulated.driver.availablePatches(vm.id);
    simulated.pass(20 * 24 * 60);
    expect(simulated.driver.availablePatches(vm.id)).not.toEqual(early);
  });

  it('R-303: like VMs with different sources may get different patches', () => {
    const from = (source: string) =>
      onVm({ name: `from-${source}`, tags: { ...ALWAYS_ON, 'lowtide-patch-source': source } });
    const vms = [from('WindowsUpdate'), from('WSUS'), from('PrivateRepository')];
    const simulated = aClockedDriver({ vms, startUtc: RELEASE });
    const [open, wsus, frozen] = vms.map(({ id }) =>
      simulated.driver.availablePatches(id)?.map(({ publishedDate }) => publishedDate),
    );
    expect(open).toContain(RELEASE);
    expect(wsus).not.toContain(RELEASE);
    expect(frozen).not.toContain(RELEASE);
  });

  it('R-304: like Windows VMs with the public source get one set through all phases of a month, when the rollout names its release', async () => {
    const days = [0, 6, 13, 20, 26];
    const vms = days.map((day) =>
      onVm({ name: `phase-${day}`, tags: { ...ALWAYS_ON, 'lowtide-patch-source': 'WindowsUpdate' } }),
    );
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const simulated = aClockedDriver({ vms, seed });
      for (const [n, vm] of vms.entries()) {
        simulated.goTo(new Date(Date.parse(RELEASE) + (days[n] ?? 0) * 86_400_000).toISOString());
        await simulated.driver.power(vm.id, 'start');
        await install(simulated, vm, { maxPatchPublishDate: RELEASE });
      }
      const sets = vms.map(({ armId }) =>
        eventsOf(simulated, 'patchInstalled').flatMap(({ vm, patchId }) => (vm === armId ? [patchId] : [])),
      );
      const complete = sets.filter((set) => set.length === Math.max(...sets.map(({ length }) => length)));
      expect(complete.length).toBeGreaterThanOrEqual(4);
      expect(new Set(complete.map(String)).size).toBe(1);
    }
  });

  it('R-804: what failed or was left pending is offered again', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE, effects: [{ what: 'patchFails' }] });
    const before = await assess(simulated, vm);
    expect(await install(simulated, vm)).toMatchObject({
      summary: { status: 'CompletedWithWarnings', installedPatchCount: 0 },
    });
    expect(await assess(simulated, vm)).toMatchObject({
      summary: {
        criticalAndSecurityPatchCount:
          before.kind === 'assessed' ? before.summary.criticalAndSecurityPatchCount : -1,
      },
    });
  });

  it('excludes by number, and includes by it', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    const patches = simulated.driver.availablePatches(vm.id) ?? [];
    const cumulative = patches.find(({ rebootBehavior }) => rebootBehavior === 'AlwaysRequiresReboot');
    const removal = patches.find(({ classification }) => classification === 'UpdateRollUp');
    await install(simulated, vm, {
      kbNumbersToExclude: [cumulative?.kbId ?? ''],
      kbNumbersToInclude: [`KB${removal?.kbId ?? ''}`],
    });
    const installed = eventsOf(simulated, 'patchInstalled').map(({ patchId }) => patchId);
    expect(installed).toContain(removal?.patchId);
    expect(installed).not.toContain(cumulative?.patchId);
    expect((await simulated.driver.readVirtualMachine(vm.id))?.lastInstallation?.excludedPatchCount).toBe(1);
  });
});

describe('an installation', () => {
  it('R-104: reboots the VM as required, within the operation', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    expect(await install(simulated, vm)).toMatchObject({ summary: { rebootStatus: 'Completed' } });
    const log = actions(simulated.driver.events(), vm);
    expect(log.slice(-3)).toEqual(['rebootStarted', 'rebootCompleted', 'installCompleted']);
  });

  it('does not reboot when it must not, and says that a reboot is pending', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    expect(await install(simulated, vm, { rebootSetting: 'Never' })).toMatchObject({
      summary: { rebootStatus: 'Required' },
    });
    expect(eventsOf(simulated, 'rebootStarted')).toEqual([]);
    await assess(simulated, vm);
    expect((await simulated.driver.readVirtualMachine(vm.id))?.lastAssessment?.rebootPending).toBe(true);
    await simulated.driver.power(vm.id, 'restart');
    simulated.pass(5);
    await assess(simulated, vm);
    expect((await simulated.driver.readVirtualMachine(vm.id))?.lastAssessment?.rebootPending).toBe(false);
  });

  it('ends by its maximum duration whatever happens, and logs it', async () => {
    const effects = [
      { who: { share: 40 }, what: 'installHangs' },
      { who: { share: 40 }, what: 'rebootHangs' },
      { who: { share: 40 }, what: 'slowInstall', factor: 8 },
      { who: { share: 20 }, what: 'installFails' },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 1, max: 235 }),
        async (seed, minutes) => {
          const vm = onVm({ name: 'one' });
          const simulated = aClockedDriver({ vms: [vm], seed, effects, startUtc: RELEASE });
          // With some seeds the VM's agent happens to be silent just then.
          fc.pre((await simulated.driver.readVirtualMachine(vm.id))?.agent.status === 'ready');
          await install(simulated, vm, { maximumDurationMinutes: minutes });
          const log = [...simulated.driver.events()].filter(({ operationId }) => operationId !== null);
          const [first, last] = [log[0], log.at(-1)];
          expect([first?.action, last?.action]).toEqual(['installStarted', 'installCompleted']);
          expect(log.filter(({ action }) => action === 'installCompleted')).toHaveLength(1);
          const took = Date.parse(last?.at ?? '') - Date.parse(first?.at ?? '');
          expect(took).toBeLessThanOrEqual(minutes * 60_000);
          expect((await simulated.driver.readVirtualMachine(vm.id))?.lastInstallation?.status).not.toBe(
            'InProgress',
          );
        },
      ),
      { numRuns: 60, examples: [[312390, 1]] },
    );
  });

  it('leaves what would not fit as pending, and says that the window was exceeded', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    expect(await install(simulated, vm, { maximumDurationMinutes: 15 })).toMatchObject({
      summary: {
        status: 'CompletedWithWarnings',
        maintenanceWindowExceeded: true,
        rebootStatus: 'NotNeeded',
      },
    });
  });

  it('fails and is logged when the VM is powered off meanwhile', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    const id = await started(simulated, () =>
      simulated.driver.startInstallation(vm.id, {
        maximumDurationMinutes: 200,
        classificationsToInclude: ['Security'],
        rebootSetting: 'IfRequired',
        maxPatchPublishDate: null,
        rolloutId: null,
      }),
    );
    simulated.pass(3);
    expect(await simulated.driver.power(vm.id, 'powerOff')).toBe(true);
    expect(await simulated.driver.readOperation(id)).toMatchObject({
      kind: 'installed',
      summary: { status: 'Failed' },
    });
    expect(actions(simulated.driver.events(), vm)).toEqual([
      'installStarted',
      'poweredOff',
      'installCompleted',
    ]);
    expect(await simulated.driver.startAssessment(vm.id)).toMatchObject({ code: 'notRunning' });
    await simulated.driver.power(vm.id, 'start');
    simulated.pass(1);
    expect(await simulated.driver.probeHealth(vm.id)).toMatchObject({ answer: 'healthy' });
  });

  it('fails and is logged when its owner switches it off as foreseen', async () => {
    const vm = onVm({ name: 'second', tags: { ...ALWAYS_ON, 'lowtide-patch-source': 'WindowsUpdate' } });
    const effects = [{ what: 'poweredOff', when: { fromDay: 1, toDay: 1 } }];
    const simulated = aClockedDriver({
      vms: [onVm({ name: 'first' }), vm],
      effects,
      startUtc: '2026-11-11T17:55:00.000Z',
    });
    const id = await started(simulated, () =>
      simulated.driver.startInstallation(vm.id, CRITICAL_AND_SECURITY),
    );
    simulated.pass(20);
    const error = { code: 'VMNotRunning' };
    expect(await simulated.driver.readOperation(id)).toMatchObject({ summary: { status: 'Failed', error } });
    expect(eventsOf(simulated, 'poweredOff')[0]?.at).toBe('2026-11-11T18:00:00.000Z');
    expect(eventsOf(simulated, 'installCompleted')).toMatchObject([
      { at: '2026-11-11T18:00:00.000Z', error },
    ]);
    expect(actions(simulated.driver.events(), vm)).toEqual([
      'installStarted',
      'poweredOff',
      'installCompleted',
    ]);
  });

  it('fails and is logged when a scenario that is loaded meanwhile powers the VM off', async () => {
    const vm = onVm();
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    const id = await started(simulated, () =>
      simulated.driver.startInstallation(vm.id, CRITICAL_AND_SECURITY),
    );
    simulated.pass(3);
    await simulated.driver.loadScenario(aScenario([{ what: 'poweredOff' }]));
    expect(await simulated.driver.readOperation(id)).toMatchObject({ summary: { status: 'Failed' } });
    expect(actions(simulated.driver.events(), vm)).toEqual([
      'installStarted',
      'poweredOff',
      'installCompleted',
    ]);
    expect(simulated.reported).toEqual([...simulated.driver.events()]);
  });

  it('R-803: names the counts in its log as Azure names them', async () => {
    const vm = onVm({ zone: '2', availabilitySetId: aSet('web'), updateDomain: 3 });
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    await install(simulated, vm);
    const [event] = eventsOf(simulated, 'installCompleted');
    expect(event).toEqual({
      at: expect.stringMatching(/^2026-11-10T\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      action: 'installCompleted',
      vm: vm.armId,
      region: 'eastus',
      zone: '2',
      availabilitySet: aSet('web'),
      updateDomain: 3,
      subscription: vm.subscriptionId,
      operationId: expect.any(String) as string,
      rolloutId: 'rollout-2026-11',
      status: 'Succeeded',
      installedPatchCount: expect.any(Number) as number,
      failedPatchCount: 0,
      pendingPatchCount: 0,
      excludedPatchCount: 0,
      notSelectedPatchCount: expect.any(Number) as number,
      maintenanceWindowExceeded: false,
      rebootStatus: 'Completed',
      error: null,
    });
  });
});

describe('what a fleet file says of the present state of a VM', () => {
  const withFile = async (
    more: object,
  ): Promise<Awaited<ReturnType<SimulatedDriver['readVirtualMachine']>>> => {
    const { armId, id } = aVm();
    const fleet = parseFleet(
      JSON.stringify([{ id: armId, location: 'eastus', tags: ALWAYS_ON, ...more }]),
      'fleet.json',
    );
    const simulated = aClockedDriver({});
    await simulated.driver.loadFleet(fleet);
    return simulated.driver.readVirtualMachine(id);
  };

  it('holds: an agent that does not report is not ready', async () => {
    const statuses = [{ code: 'ProvisioningState/Unavailable', displayStatus: 'Not Ready' }];
    const instanceView = { vmAgent: { vmAgentVersion: 'Unknown', statuses } };
    expect((await withFile({ instanceView }))?.agent.status).toBe('notReady');
    expect((await withFile({}))?.agent.status).toBe('ready');
  });

  it.each([
    ['VM stopped', 'stopped'],
    ['VM deallocated', 'deallocated'],
    ['', 'running'],
    ['VM unknown', 'running'],
  ])(
    'holds: power state %p; one that Azure does not know is left to the habit of the VM',
    async (powerState, is) => {
      expect((await withFile({ powerState }))?.powerState).toBe(is);
    },
  );

  it('holds for a VM as its owner sees it: vmId and provisioningState', async () => {
    const { armId, id } = aVm();
    const file = [{ id: armId, location: 'eastus', vmId: 'v-1', provisioningState: 'Failed' }];
    const simulated = aClockedDriver({});
    await simulated.driver.loadFleet(parseFleet(JSON.stringify(file), 'fleet.json'));
    expect(simulated.driver.resources.virtualMachine(id)).toMatchObject({
      vmId: 'v-1',
      provisioningState: 'Failed',
    });
  });
});
