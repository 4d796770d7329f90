import { lookAtVm } from '../../activities/round/lookAtVm';
import { probeHealth } from '../../activities/probeHealth';
import { aVm } from '../support/builders';
import { HEALTHY } from '../support/fakeDriver';
import {
  someServices,
  IN_THE_WINDOW,
  WINDOW_CLOSES,
  WINDOW_OPENS,
  ROLLOUT,
  type FakeServices,
} from '../support/fakeServices';
import type { VmReading } from '../../drivers/driver';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { phaseIdOf } from '../../domain/phaseId';

const vm = aVm({ name: 'looked-at' });

const look = (services: FakeServices): Promise<unknown> =>
  services.run(lookAtVm, { rolloutId: ROLLOUT, phase: phaseIdOf(1), region: 'eastus', vmId: vm.id });

async function lookAt(reading: Partial<VmReading>, model: Partial<VirtualMachine> = {}): Promise<unknown> {
  const services = await someServices({ vms: [vm] });
  services.driver.change(vm.id, { vm: { ...vm, ...model }, ...reading });
  return look(services);
}

const ending = (kind: string, reason: string): unknown => ({
  kind: 'end',
  outcome: expect.objectContaining({ vmId: vm.id, kind, reason, atUtc: IN_THE_WINDOW }) as unknown,
});

describe('right before a VM is touched, everything is looked at again', () => {
  it('a VM that is well, eligible and in its off-peak hours may go', async () => {
    expect(await lookAt({})).toMatchObject({ kind: 'go' });
  });

  it.each(['stopped', 'deallocated', 'starting', 'stopping', 'unknown'] as const)(
    'R-110: one that is %s is deferred at once',
    async (powerState) => {
      expect(await lookAt({ powerState })).toEqual(ending('deferred', 'poweredOff'));
    },
  );

  it.each(['notReady', 'unknown'] as const)('R-501: one whose agent is %s is deferred', async (status) => {
    expect(await lookAt({ agent: { status, version: null } })).toEqual(ending('deferred', 'agentSilent'));
  });

  it('R-204: one that is unhealthy before is skipped: that is not held against the update', async () => {
    const signals = { ...HEALTHY, resourceHealth: 'unavailable' as const };
    expect(await lookAt({ signals })).toEqual(ending('skipped', 'unhealthyBefore'));
  });

  it('INV-10: one whose health is unknown is not touched', async () => {
    const signals = { ...HEALTHY, heartbeat: 'unknown' as const };
    expect(await lookAt({ signals })).toMatchObject({ kind: 'end', outcome: { kind: 'deferred' } });
  });

  it.each([
    [{ patchMode: 'AutomaticByOS' }, 'patchModeNotPlatform'],
    [{ tags: { 'lowtide-exclude': 'true' } }, 'excluded'],
    [{ enabled: false }, 'notEnabled'],
    [{ customImage: true }, 'customImage'],
  ])('R-416: one that its owner has changed since the plan is skipped: %j', async (model, reason) => {
    expect(await lookAt({}, model)).toEqual(ending('skipped', reason));
  });

  it('R-108, INV-4: one whose time zone its owner has changed is not touched outside its new off-peak hours', async () => {
    expect(await lookAt({}, { timeZone: 'Tokyo Standard Time' })).toEqual(ending('deferred', 'windowMissed'));
  });

  it.each([
    ['a moment before they open', '2026-11-13T02:59:59.999Z'],
    ['when they close', WINDOW_CLOSES],
  ])('R-108: off-peak hours are half open: not %s', async (_when, nowUtc) => {
    const services = await someServices({ vms: [vm], nowUtc });
    expect(await look(services)).toMatchObject({ kind: 'end', outcome: { reason: 'windowMissed' } });
  });

  it('one that is gone is skipped', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.remove(vm.id);
    expect(await look(services)).toEqual(ending('skipped', 'vmDeleted'));
  });

  it.each([
    [{ mode: 'paused' as const }, 'deferred', 'rolloutPaused'],
    [{ mode: 'cancelled' as const }, 'skipped', 'rolloutCancelled'],
    [{ endsUtc: WINDOW_OPENS }, 'skipped', 'superseded'],
  ])('INV-6, INV-9: none is touched when the rollout is %j', async (control, kind, reason) => {
    expect(await look(await someServices({ vms: [vm], control }))).toEqual(ending(kind, reason));
  });

  it('INV-6: none is touched in a rollout that is halted', async () => {
    const services = await someServices({ vms: [vm] });
    await services.rollouts.addHalt(ROLLOUT, {
      haltId: 'h',
      kind: 'halt',
      phase: phaseIdOf(1),
      region: 'westus',
      why: 'sick',
      atUtc: WINDOW_OPENS,
      decision: null,
    });
    expect(await look(services)).toEqual(ending('deferred', 'rolloutHalted'));
  });
});

describe('R-502: a Linux agent older than 2.2.53.1', () => {
  it.each([
    ['2.2.46', ending('deferred', 'agentOutdated')],
    ['2.2.53', ending('deferred', 'agentOutdated')],
    ['WALinuxAgent-2.2.45', ending('deferred', 'agentOutdated')],
    ['2.2.53.1', expect.objectContaining({ kind: 'go' })],
    ['2.2.54-rc1', expect.objectContaining({ kind: 'go' })],
    ['2.10.0', expect.objectContaining({ kind: 'go' })],
    ['of today', expect.objectContaining({ kind: 'go' })],
  ])('is seen at every look: %s', async (version, answer) => {
    const linux = { ...vm, osType: 'Linux' as const };
    const services = await someServices({ vms: [linux] });
    services.driver.change(linux.id, { agent: { status: 'ready', version } });
    expect(await look(services)).toEqual(answer);
  });
});

describe('a health probe', () => {
  it("answers from the platform's signals", async () => {
    const services = await someServices({ vms: [vm] });
    expect(await services.run(probeHealth, { vmId: vm.id })).toMatchObject({ answer: 'healthy' });
  });

  it('of a VM that is gone answers that no verdict is possible any more', async () => {
    const services = await someServices();
    expect(await services.run(probeHealth, { vmId: vm.id })).toMatchObject({ answer: 'stopped', gone: true });
  });
});
