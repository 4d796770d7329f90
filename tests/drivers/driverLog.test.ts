import type { DriverEvent } from '../../drivers/driver';
import { fleetFromVms } from '../support/fleetFromVms';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import {
  ALWAYS_ON,
  aPocket,
  aScenario,
  CRITICAL_AND_SECURITY,
  install,
  RELEASE,
  started,
  type Pocket,
} from './pocket';

const onVm = (over: Partial<VirtualMachine> & { name?: string } = {}): VirtualMachine =>
  aVm({ tags: ALWAYS_ON, ...over });
const actions = (events: Iterable<DriverEvent>, vm: VirtualMachine): string[] =>
  [...events].filter((event) => event.vm === vm.armId).map(({ action }) => action);
const eventsOf = (pocket: Pocket, action: string): DriverEvent[] =>
  [...pocket.driver.events()].filter((event) => event.action === action);

describe('the log', () => {
  const busyMonth = async (seed: number): Promise<Pocket> => {
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
    const pocket = aPocket({
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
      pocket.pass(97);
      const vm = vms[(step * 7) % vms.length];
      if (vm === undefined) continue;
      if (step % 11 === 0) await pocket.driver.power(vm.id, step % 2 === 0 ? 'restart' : 'deallocate');
      else if (step % 13 === 0) await pocket.driver.power(vm.id, 'start');
      else if (step % 3 === 0) await pocket.driver.probeHealth(vm.id);
      else if (step % 3 === 1) await pocket.driver.startAssessment(vm.id).catch(() => null);
      else await install(pocket, vm, { maximumDurationMinutes: 60 }).catch(() => null);
      if (step === 200)
        await pocket.driver.loadScenario(
          aScenario([{ who: { share: 30 }, what: 'poweredOff', forMinutes: 4000 }]),
        );
    }
    pocket.driver.logUntil(pocket.now());
    return pocket;
  };

  it('INV-12: the same seed and the same requests give the same log, twice; another seed another', async () => {
    const [one, two, other] = [await busyMonth(3), await busyMonth(3), await busyMonth(4)];
    const log = [...one.driver.events()];
    expect(log.length).toBeGreaterThan(500);
    expect([...two.driver.events()]).toEqual(log);
    expect([...other.driver.events()]).not.toEqual(log);
  });

  it('reports live what it returns when asked for all of it, in order of time', async () => {
    const pocket = await busyMonth(8);
    const log = [...pocket.driver.events()];
    expect(pocket.reported).toEqual(log);
    expect(log.map(({ at }) => at)).toEqual(log.map(({ at }) => at).sort());
  });

  it('closes every installation and assessment it opened, by one event, and power and agent change by turns', async () => {
    const pocket = await busyMonth(15);
    pocket.pass(300);
    const log = [...pocket.driver.events()];
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
    const pocket = aPocket({ vms: [a, b], startUtc: RELEASE });
    await started(pocket, () => pocket.driver.startInstallation(b.id, CRITICAL_AND_SECURITY));
    const twin = aPocket({ vms: [a, b], startUtc: pocket.now() });
    await started(twin, () => twin.driver.startInstallation(b.id, CRITICAL_AND_SECURITY));
    twin.pass(300);
    const end = eventsOf(twin, 'installCompleted')[0]?.at ?? '';
    pocket.goTo(end);
    await started(pocket, () => pocket.driver.startInstallation(a.id, CRITICAL_AND_SECURITY));
    const there = [...pocket.driver.events()].filter(({ at }) => at === end).map(({ action }) => action);
    expect(there).toEqual(['installCompleted', 'installStarted']);
  });

  it('says of a VM that is off when the fleet is loaded that it is off', () => {
    const vm = aVm({ tags: { 'lowtide-power': 'parked' } });
    const pocket = aPocket({ vms: [vm] });
    pocket.driver.logUntil(pocket.now());
    expect(pocket.reported).toMatchObject([{ action: 'poweredOff', at: pocket.now(), vm: vm.armId }]);
  });
});

describe('loading another fleet', () => {
  it('is refused while operations are in flight, and ends them as lost when forced', async () => {
    const [vm, next] = [onVm({ name: 'old' }), onVm({ name: 'new' })];
    const pocket = aPocket({ vms: [vm], startUtc: RELEASE });
    const id = await started(pocket, () => pocket.driver.startAssessment(vm.id));
    await expect(pocket.driver.loadFleet(fleetFromVms([next]))).rejects.toMatchObject({
      code: 'DRIVER_CANNOT',
    });
    await pocket.driver.loadFleet(fleetFromVms([next]), { force: true });
    expect(await pocket.driver.readOperation(id)).toEqual({ kind: 'lost' });
    expect(await pocket.driver.readVirtualMachine(vm.id)).toBeNull();
    expect((await pocket.driver.listVirtualMachines(null)).items.map(({ name }) => name)).toEqual(['new']);
    expect(actions(pocket.driver.events(), vm)).toEqual(['assessmentStarted', 'assessmentCompleted']);
    expect(pocket.reported).toEqual([...pocket.driver.events()]);
  });
});
