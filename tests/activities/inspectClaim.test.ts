import { inspectClaim } from '../../activities/inspectClaim';
import { startInstall } from '../../activities/startInstall';
import { startOrderedInstall } from '../../activities/startOrderedInstall';
import type { OutcomeKind, OutcomeReason } from '../../domain/outcome';
import { aVm } from '../support/builders';
import { aDisruption, inSet } from '../support/claims';
import {
  aWorld,
  IN_THE_NIGHT,
  NIGHT_CLOSES,
  NIGHT_OPENS,
  ROLLOUT,
  type FakeWorld,
} from '../support/fakeWorld';
import { inputFor, read, start, START_BY, vm } from '../support/installScene';

const LONG_AFTER = '2026-11-13T12:31:00.000Z';

const claim = {
  ...{ claimId: 'claim-1', kind: 'rollout', disruption: aDisruption(), fence: 1 },
  ...{ startByUtc: START_BY, expiresUtc: NIGHT_CLOSES },
};

const inspect = (world: FakeWorld, claimId = 'claim-1'): Promise<unknown> =>
  world.run(inspectClaim, { claim: { ...claim, claimId } });

const installing = async (): Promise<FakeWorld> => {
  const world = await aWorld({ vms: [vm] });
  await startInstall.handler(world)(inputFor('claim-1'));
  world.clock.nowUtc = LONG_AFTER;
  return world;
};

describe('a suspect claim', () => {
  it('has something in flight as long as the platform says so, whatever the clock says', async () => {
    const world = await installing();
    expect(await inspect(world)).toMatchObject({ inFlight: 1, overrun: false });
    world.driver.endInstall(vm.id);
    expect(await inspect(world)).toMatchObject({ inFlight: 0, overrun: false });
    expect(await read(world)).toMatchObject({ kind: 'ended' });
  });

  it('two hours past its window is told to the operator, once', async () => {
    const world = await installing();
    world.clock.nowUtc = '2026-11-13T13:00:00.001Z';
    expect(await inspect(world)).toMatchObject({ inFlight: 1, overrun: true });
    await inspect(world);
    expect(await world.audit.list('ledger')).toEqual([expect.objectContaining({ what: 'claimOverrun' })]);
  });

  it('is not held by the installations of another', async () => {
    const world = await installing();
    expect(await inspect(world, 'claim-2')).toEqual({ inFlight: 0, overrun: false, unproven: [] });
  });
});

describe('INV-13: a VM that was installed under a suspect claim', () => {
  /** Its round died; this is the last that was written down of the VM. */
  const endedAs = async (
    outcome: readonly [OutcomeKind, OutcomeReason] | null,
    atUtc = LONG_AFTER,
  ): Promise<FakeWorld> => {
    const world = await installing();
    world.driver.endInstall(vm.id);
    if (outcome === null) return world;
    const [kind, reason] = outcome;
    await world.outcomes.save(ROLLOUT, [
      {
        ...{ vmId: vm.id, kind, reason, detail: '', atUtc },
        ...{ phase: 'phase-1', region: 'eastus', installation: null },
      },
    ]);
    return world;
  };

  it('is unproven when nobody watched it to the end', async () => {
    expect(await inspect(await endedAs(null))).toEqual({ inFlight: 0, overrun: false, unproven: [vm.id] });
  });

  it('is unproven when all that is known of it is older than the installation', async () => {
    expect(await inspect(await endedAs(['patched', 'installed'], NIGHT_OPENS))).toMatchObject({
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
    const world = await installing();
    world.driver.operations.clear();
    world.driver.change(vm.id, { lastInstallation: null });
    expect(await inspect(world)).toEqual({ inFlight: 0, overrun: false, unproven: [vm.id] });
  });

  it('is unproven when its answer was never heard, but the VM shows it', async () => {
    const world = await aWorld({ vms: [vm] });
    world.driver.postStories.push('startsUnheard');
    await start(world);
    world.clock.nowUtc = LONG_AFTER;
    world.driver.endInstall(vm.id);
    expect(await inspect(world)).toMatchObject({ inFlight: 0, unproven: [vm.id] });
  });

  it.each([
    ['was refused', { refused: 'notAllowed' }],
    ['never arrived', 'vanishes'],
  ] as const)('is none of which the request %s', async (_what, story) => {
    const world = await aWorld({ vms: [vm] });
    world.driver.postStories.push(story);
    await start(world);
    world.clock.nowUtc = LONG_AFTER;
    expect(await inspect(world)).toEqual({ inFlight: 0, overrun: false, unproven: [] });
  });

  it('because a person asked for it has no outcome, and is unproven', async () => {
    const member = aVm({ name: 'vm-on-demand' });
    const world = await aWorld({ vms: [member], nowUtc: IN_THE_NIGHT });
    await world.run(startOrderedInstall, {
      ...{ region: 'eastus', vmId: member.id, claim: { claimId: 'claim-1', startByUtc: START_BY } },
      ...{ sinceUtc: NIGHT_OPENS, by: 'a person' },
      order: {
        ...{ maximumDurationMinutes: 120, rebootSetting: 'IfRequired', maxPatchPublishDate: null },
        classificationsToInclude: ['Critical'],
      },
    });
    world.driver.endInstall(member.id);
    world.clock.nowUtc = LONG_AFTER;
    expect(await world.run(inspectClaim, { claim: { ...claim, disruption: inSet('web', 1) } })).toMatchObject(
      {
        unproven: [member.id],
      },
    );
  });
});
