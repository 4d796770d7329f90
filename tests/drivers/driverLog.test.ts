import type { DriverEvent } from '../../drivers/driver';
import { fleetFromVms } from '../support/fleetFromVms';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import {
  ALWAYS_ON,
  aClockedDriver,
  aScenario,
  CRITICAL_AND_SECURITY,
  install,
  RELEASE,
  started,
  type ClockedDriver,
} from './clockedDriver';

const onVm = (over: Partial<VirtualMachine> & { name?: string } = {}): VirtualMachine =>
  aVm({ tags: ALWAYS_ON, ...over });
const actions = (events: Iterable<DriverEvent>, vm: VirtualMachine): string[] =>
  [...events].filter((event) => event.vm === vm.armId).map(({ action }) => action);
const eventsOf = (simulated: ClockedDriver, action: string): DriverEvent[] =>
  [...simulated.driver.events()].filter((event) => event.action === action);

describe('the log', () => {
  const busyMonth = async (seed: number): Promise<ClockedDriver> => {
    const vms = vmsOf(60, (n) => ({
      name: `vm-${String(n)}`,
      osType: n % 3 === 0 ? 'Linux' : 'Windows',
      tags:
        n % 4 === 0
          ? { 'lowtide-power': 'comesAndGoes' }
          : n % 4 === 1
            ? { 'lowtide-power': 'offAtNight' }
            : {},
    }));
    const simulated = aClockedDriver({
      vms,
      seed,
      effects: [
        { who: { share: 20 }, what: 'agentLost', forMinutes: 600 },
        { who: { share: 20 }, what: 'vmDeleted' },
        { who: { share: 10 }, what: 'agentSilentAfterUpdate', forMinutes: 60 },
        { who: { share: 10 }, what: 'poweredOff', when: { fromDay: 2, toDay: 5 } },
        { who: { share: 30 }, what: 'answerLost', percent: 30 },
      ],
    });
    for (let step = 0; step < 400; step += 1) {
      simulated.pass(97);
      const vm = vms[(step * 7) % vms.length];
      if (vm === undefined) continue;
      if (step % 11 === 0) await simulated.driver.power(vm.id, step % 2 === 0 ? 'restart' : 'deallocate');
      else if (step % 13 === 0) await simulated.driver.power(vm.id, 'start');
      else if (step % 3 === 0) await simulated.driver.probeHealth(vm.id);
      else if (step % 3 === 1) await simulated.driver.startAssessment(vm.id).catch(() => null);
      else await install(simulated, vm, { maximumDurationMinutes: 60 }).catch(() => null);
      if (step === 200)
        await simulated.driver.loadScenario(
          aScenario([{ who: { share: 30 }, what: 'poweredOff', forMinutes: 4000 }]),
        );
    }
    simulated.driver.logUntil(simulated.now());
    return simulated;
  };

  it('INV-12: the same seed and the same requests give the same log, twice; another seed another', async () => {
    const [one, two, other] = [await busyMonth(3), await busyMonth(3), await busyMonth(4)];
    const log = [...one.driver.events()];
    expect(log.length).toBeGreaterThan(500);
    expect([...two.driver.events()]).toEqual(log);
    expect([...other.driver.events()]).not.toEqual(log);
  });

  it('reports live what it returns when asked for all of it, in order of time', async () => {
    const simulated = await busyMonth(8);
    const log = [...simulated.driver.events()];
    expect(simulated.reported).toEqual(log);
    expect(log.map(({ at }) => at)).toEqual(log.map(({ at }) => at).sort());
  });

  it('closes every installation and assessment it opened, by one event, and power and agent change by turns', async () => {
    const simulated = await busyMonth(15);
    simulated.pass(300);
    const log = [...simulated.driver.events()];
    const ids = (action: string): (string | null)[] =>
      log
        .filter((event) => event.action === action)
        .map(({ operationId }) => operationId)
        .sort();
    expect(ids('installStarted').length).toBeGreaterThan(20);
    expect(ids('installCompleted')).toEqual(ids('installStarted'));
    expect(ids('assessmentCompleted')).toEqual(ids('assessmentStarted'));
    for (const vm of new Set(log.map((event) => event.vm))) {
      const power = log
        .filter((event) => event.vm === vm && event.action.startsWith('powered'))
        .map(({ action }) => action);
      expect(power.filter((action, n) => action === power[n - 1])).toEqual([]);
    }
  });

  it('reports at one instant the end of what was under way before what is begun', async () => {
    const [a, b] = [onVm({ name: 'first' }), onVm({ name: 'second' })];
    const simulated = aClockedDriver({ vms: [a, b], startUtc: RELEASE });
    await started(simulated, () => simulated.driver.startInstallation(b.id, CRITICAL_AND_SECURITY));
    const twin = aClockedDriver({ vms: [a, b], startUtc: simulated.now() });
    await started(twin, () => twin.driver.startInstallation(b.id, CRITICAL_AND_SECURITY));
    twin.pass(300);
    const end = eventsOf(twin, 'installCompleted')[0]?.at ?? '';
    simulated.goTo(end);
    await started(simulated, () => simulated.driver.startInstallation(a.id, CRITICAL_AND_SECURITY));
    const there = [...simulated.driver.events()].filter(({ at }) => at === end).map(({ action }) => action);
    expect(there).toEqual(['installCompleted', 'installStarted']);
  });

  it('says of a VM that is off when the fleet is loaded that it is off', () => {
    const vm = aVm({ tags: { 'lowtide-power': 'parked' } });
    const simulated = aClockedDriver({ vms: [vm] });
    simulated.driver.logUntil(simulated.now());
    expect(simulated.reported).toMatchObject([{ action: 'poweredOff', at: simulated.now(), vm: vm.armId }]);
  });
});

describe('loading another fleet', () => {
  it('is refused while operations are in flight, and ends them as lost when forced', async () => {
    const [vm, next] = [onVm({ name: 'old' }), onVm({ name: 'new' })];
    const simulated = aClockedDriver({ vms: [vm], startUtc: RELEASE });
    const id = await started(simulated, () => simulated.driver.startAssessment(vm.id));
    await expect(simulated.driver.loadFleet(fleetFromVms([next]))).rejects.toMatchObject({
      code: 'DRIVER_CANNOT',
    });
    await simulated.driver.loadFleet(fleetFromVms([next]), { force: true });
    expect(await simulated.driver.readOperation(id)).toEqual({ kind: 'lost' });
    expect(await simulated.driver.readVirtualMachine(vm.id)).toBeNull();
    expect((await simulated.driver.listVirtualMachines(null)).items.map(({ name }) => name)).toEqual(['new']);
    expect(actions(simulated.driver.events(), vm)).toEqual(['assessmentStarted', 'assessmentCompleted']);
    expect(simulated.reported).toEqual([...simulated.driver.events()]);
  });
});
