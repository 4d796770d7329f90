import { settleClaim } from '../../activities/settleClaim';
import { startInstall } from '../../activities/round/startInstall';
import { startOrderedInstall } from '../../activities/startOrderedInstall';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { phaseIdOf } from '../../domain/phaseId';
import { operationStore } from '../../store/operations';
import type { Table } from '../../store/store';
import { aVm, vmsOf } from '../support/builders';
import { aDisruption, inSet } from '../support/claims';
import {
  someServices,
  IN_THE_WINDOW,
  WINDOW_CLOSES,
  WINDOW_OPENS,
  ROLLOUT,
  type FakeServices,
} from '../support/fakeServices';
import { inputFor, read, start, START_BY, vm } from '../support/installScene';

const LONG_AFTER = '2026-11-13T12:31:00.000Z';

const claim = {
  claimId: 'claim-1',
  kind: 'rollout',
  disruption: aDisruption(),
  startByUtc: START_BY,
  expiresUtc: WINDOW_CLOSES,
};

const inspect = (services: FakeServices, claimId = 'claim-1'): Promise<unknown> =>
  services.run(settleClaim, { claim: { ...claim, claimId } });

const installing = async (): Promise<FakeServices> => {
  const services = await someServices({ vms: [vm] });
  await startInstall.handler(services)(inputFor('claim-1'));
  services.clock.nowUtc = LONG_AFTER;
  return services;
};

describe('a suspect claim', () => {
  it('has something in flight as long as the platform says so, whatever the clock says', async () => {
    const services = await installing();
    expect(await inspect(services)).toMatchObject({ inFlight: 1, overrun: false });
    services.driver.endInstall(vm.id);
    expect(await inspect(services)).toMatchObject({ inFlight: 0, overrun: false });
    expect(await read(services)).toMatchObject({ kind: 'ended' });
  });

  it('two hours past its window is reported to the operator, once', async () => {
    const services = await installing();
    services.clock.nowUtc = '2026-11-13T13:00:00.001Z';
    expect(await inspect(services)).toMatchObject({ inFlight: 1, overrun: true });
    await inspect(services);
    expect(await services.audit.list('ledger')).toEqual([expect.objectContaining({ what: 'claimOverrun' })]);
  });

  it('is looked for a page of its region at a time', async () => {
    const services = await installing();
    const operation = (await services.operations.read(vm.region, vm.id))?.operation;
    if (operation === undefined) throw new Error('It was started.');
    // Those of others, before and behind it.
    const others = vmsOf(2_500).flatMap(({ id: vmId }) => [{ ...operation, vmId, claimId: 'claim-2' }]);
    for (const other of others) await services.operations.save(other);
    const table = services.store.table('operations');
    const read: number[] = [];
    const list: Table['list'] = async (...given) => {
      const rows = await table.list(...given);
      read.push(rows.length);
      return rows;
    };
    const counted = { ...services, operations: operationStore({ table: () => ({ ...table, list }) }) };
    expect(await settleClaim.handler(counted)({ claim })).toMatchObject({ inFlight: 1 });
    expect(Math.max(...read)).toBeLessThanOrEqual(1_000);
    expect(read.length).toBe(3);
  });

  it('is not held by the installations of another', async () => {
    const services = await installing();
    expect(await inspect(services, 'claim-2')).toEqual({ inFlight: 0, overrun: false, unproven: [] });
  });
});

describe('INV-13: a VM that was installed under a suspect claim', () => {
  /** Its round died; this is the last that was written down of the VM. */
  const endedAs = async (
    outcome: readonly [OutcomeKind, OutcomeReason] | null,
    atUtc = LONG_AFTER,
  ): Promise<FakeServices> => {
    const services = await installing();
    services.driver.endInstall(vm.id);
    if (outcome === null) return services;
    const [kind, reason] = outcome;
    await services.outcomes.save(ROLLOUT, [
      {
        vmId: vm.id,
        kind,
        reason,
        detail: '',
        atUtc,
        phase: phaseIdOf(1),
        region: 'eastus',
        installation: null,
      },
    ]);
    return services;
  };

  it('is unproven when it was not watched to the end', async () => {
    expect(await inspect(await endedAs(null))).toEqual({ inFlight: 0, overrun: false, unproven: [vm.id] });
  });

  it('is unproven when all that is known of it is older than the installation', async () => {
    expect(await inspect(await endedAs(['patched', 'installed'], WINDOW_OPENS))).toMatchObject({
      unproven: [vm.id],
    });
  });

  it.each([
    ['unhealthy', 'unhealthyAfterUpdate'],
    ['unhealthy', 'unknownTooLong'],
    ['failed', 'orchestrationFailed'],
    ['skipped', 'deadlinePassed'],
    ['deferred', 'installInFlight'],
  ] as const)('is unproven when it ended %s: %s', async (kind, reason) => {
    expect(await inspect(await endedAs([kind, reason]))).toMatchObject({ unproven: [vm.id] });
  });

  it.each([
    ['patched', 'installed'],
    ['failed', 'patchesFailed'],
    ['failed', 'patchesPending'],
    ['failed', 'installFailed'],
    ['failed', 'installLost'],
    ['deferred', 'stoppedDuringSoak'],
  ] as const)('holds nothing when it was watched and ended %s: %s', async (kind, reason) => {
    expect(await inspect(await endedAs([kind, reason]))).toMatchObject({ unproven: [] });
  });

  it('is unproven when the platform lost the installation', async () => {
    const services = await installing();
    services.driver.operations.clear();
    services.driver.change(vm.id, { lastInstallation: null });
    expect(await inspect(services)).toEqual({ inFlight: 0, overrun: false, unproven: [vm.id] });
  });

  it('is unproven when its answer was never heard, but the VM shows it', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push('startsUnheard');
    await start(services);
    services.clock.nowUtc = LONG_AFTER;
    services.driver.endInstall(vm.id);
    expect(await inspect(services)).toMatchObject({ inFlight: 0, unproven: [vm.id] });
  });

  it.each([
    ['was refused', { refused: 'notAllowed' }],
    ['never arrived', 'vanishes'],
  ] as const)('is none of which the request %s', async (_what, behaviour) => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push(behaviour);
    await start(services);
    services.clock.nowUtc = LONG_AFTER;
    expect(await inspect(services)).toEqual({ inFlight: 0, overrun: false, unproven: [] });
  });

  it('because a person asked for it has no outcome, and is unproven', async () => {
    const member = aVm({ name: 'vm-on-demand' });
    const services = await someServices({ vms: [member], nowUtc: IN_THE_WINDOW });
    await services.run(startOrderedInstall, {
      region: 'eastus',
      vmId: member.id,
      claim: { claimId: 'claim-1', startByUtc: START_BY },
      sinceUtc: WINDOW_OPENS,
      by: 'a person',
      order: {
        maximumDurationMinutes: 120,
        rebootSetting: 'IfRequired',
        maxPatchPublishDate: null,
        classificationsToInclude: ['Critical'],
      },
    });
    services.driver.endInstall(member.id);
    services.clock.nowUtc = LONG_AFTER;
    expect(
      await services.run(settleClaim, { claim: { ...claim, disruption: inSet('web', 1) } }),
    ).toMatchObject({
      unproven: [member.id],
    });
  });
});
