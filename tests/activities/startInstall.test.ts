import { collectInstall } from '../../activities/collectInstall';
import { startInstall } from '../../activities/round/startInstall';
import type { Freeze } from '../../domain/freezes';
import type { HookAnswer } from '../../domain/hooks';
import { phaseIdOf } from '../../domain/phaseId';
import type { Policy } from '../../domain/policy';
import { aVm } from '../support/builders';
import type { PostBehaviour } from '../support/fakeDriver';
import {
  aPhase,
  someServices,
  type FakeServices,
  IN_THE_WINDOW,
  WINDOW_CLOSES,
  WINDOW_OPENS,
  ROLLOUT,
} from '../support/fakeServices';
import {
  inputFor,
  start,
  startPatiently,
  START_BY,
  AMBIGUITY_SECONDS,
  vm,
  wasStarted,
} from '../support/installScene';
import { pausingAfter } from '../support/interleave';

const LAUNCH: Freeze = {
  id: 'launch',
  kind: 'freeze',
  selector: { region: vm.region },
  from: '2026-11-12',
  to: '2026-11-14',
  timeZone: null,
  reason: 'The launch.',
  owner: 'ops',
  createdUtc: WINDOW_OPENS,
  createdBy: 'ops',
};

describe('what is asked of the platform', () => {
  it('R-101, R-102, INV-5: Critical and Security patches, nothing else', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services);
    expect(services.driver.accepted[0]?.request.classificationsToInclude).toEqual(['Critical', 'Security']);
  });

  it('R-104: a reboot as required', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services);
    expect(services.driver.accepted[0]?.request.rebootSetting).toBe('IfRequired');
  });

  it.each(['Never', 'Always'] as const)(
    'R-104: the reboot setting of the VM itself, where it has one: %s',
    async (rebootSetting) => {
      const services = await someServices({ vms: [{ ...vm, rebootSetting }] });
      await start(services);
      expect(services.driver.accepted[0]?.request.rebootSetting).toBe(rebootSetting);
    },
  );

  it('R-304: Windows VMs get nothing published after the release of the rollout', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services);
    expect(services.driver.accepted[0]?.request.maxPatchPublishDate).toBe('2026-11-10T18:00:00.000Z');
  });

  it('R-302: Linux VMs get what there is when their turn comes', async () => {
    const services = await someServices({ vms: [{ ...vm, osType: 'Linux' }] });
    await start(services);
    expect(services.driver.accepted[0]?.request.maxPatchPublishDate).toBeNull();
  });

  it('R-304: an OS type that opted in gets the release of the rollout too', async () => {
    const vms = [{ ...vm, osType: 'Linux' as const }];
    const services = await someServices({ vms, policy: { fixedReleaseOsTypes: ['Linux', 'Windows'] } });
    await start(services);
    expect(services.driver.accepted[0]?.request.maxPatchPublishDate).toBe('2026-11-10T18:00:00.000Z');
  });

  it('the name of the rollout', async () => {
    const services = await someServices({ vms: [vm] });
    await start(services);
    expect(services.driver.accepted[0]?.request.rolloutId).toBe(ROLLOUT);
  });
});

describe('INV-4, R-108: the window', () => {
  it('nothing starts after the start-by instant of the claim, however long the window still is', async () => {
    const claim = { claimId: 'claim-1', startByUtc: IN_THE_WINDOW };
    const services = await someServices({ vms: [vm] });
    services.wait(1);
    expect(await startInstall.handler(services)({ ...inputFor(), claim })).toMatchObject({
      kind: 'end',
      outcome: { kind: 'deferred', reason: 'windowMissed' },
    });
    expect(services.driver.accepted).toEqual([]);
  });

  it.each([
    ['early in the window, no more than the longest duration Azure takes', IN_THE_WINDOW, 235],
    ['late in the window, what is left of it less the reserve for a reboot', '2026-11-13T09:00:00.000Z', 95],
    ['in the last minute in which an install may start, an hour', START_BY, 60],
  ])('the duration asked for is, %s', async (_when, nowUtc, minutes) => {
    const services = await someServices({ vms: [vm], nowUtc });
    const answer = await start(services);
    expect(services.driver.accepted[0]?.request.maximumDurationMinutes).toBe(minutes);
    expect(answer.kind === 'started' && answer.deadlineUtc < WINDOW_CLOSES).toBe(true);
  });

  it.each([
    ['before the window', '2026-11-13T02:59:59.000Z'],
    ['when too little of it is left', '2026-11-13T09:35:00.001Z'],
    ['at the moment it closes', WINDOW_CLOSES],
    ['in the day', '2026-11-13T16:00:00.000Z'],
  ])('nothing starts %s: the VM is deferred', async (_when, nowUtc) => {
    const services = await someServices({ vms: [vm], nowUtc });
    const answer = await start(services);
    expect(answer).toMatchObject({ kind: 'end', outcome: { kind: 'deferred', reason: 'windowMissed' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('nothing starts when the claim says that it is too late, though the VM itself has time', async () => {
    const services = await someServices({ vms: [vm] });
    const claim = { claimId: 'claim-1', startByUtc: WINDOW_OPENS };
    const answer = await services.run(startInstall, { ...inputFor(), claim });
    expect(answer).toMatchObject({ kind: 'end', outcome: { reason: 'windowMissed' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('the window is that of the time zone the VM has now, not of the one it was planned with', async () => {
    const services = await someServices({ vms: [{ ...vm, timeZone: 'Tokyo Standard Time' }] });
    expect(await start(services)).toMatchObject({ kind: 'end', outcome: { reason: 'windowMissed' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('a process that was held up from its intent to the end of the window asks for nothing any more', async () => {
    for (let n = 1; n <= 12; n += 1) {
      const services = await someServices({ vms: [vm] });
      const heldUp = pausingAfter(services, n, () => {
        services.clock.nowUtc = WINDOW_CLOSES;
        return Promise.resolve();
      });
      await start(heldUp);
      for (const { atUtc } of services.driver.accepted) expect(atUtc < START_BY).toBe(true);
    }
  });
});

describe('INV-6, INV-9: the control row is asked last', () => {
  it.each([
    ['paused', { mode: 'paused' as const }, 'deferred', 'rolloutPaused'],
    ['cancelled', { mode: 'cancelled' as const }, 'skipped', 'rolloutCancelled'],
    ['superseded', { endsUtc: WINDOW_OPENS }, 'skipped', 'superseded'],
  ])('a rollout that is %s starts nothing', async (_mode, control, kind, reason) => {
    const services = await someServices({ vms: [vm], control });
    expect(await start(services)).toMatchObject({ kind: 'end', outcome: { kind, reason } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('a hook that does not say yes defers the VM with its words, and nothing is started; a yes starts it', async () => {
    const hooks: Policy['hooks'] = [
      { name: 'change', on: 'beforeVm', url: 'https://example.org/', timeoutSeconds: 10, answerMinutes: 60 },
    ];
    const services = await someServices({ vms: [vm], policy: { hooks } });
    const answered = (answer: HookAnswer): FakeServices =>
      Object.assign(services, { askHook: () => Promise.resolve(answer) });
    expect(await start(answered({ kind: 'no', why: 'Change 17 is open.' }))).toMatchObject({
      kind: 'end',
      outcome: {
        kind: 'deferred',
        reason: 'hookRefused',
        facts: { hook: 'change', why: 'Change 17 is open.' },
      },
    });
    expect(services.driver.accepted).toEqual([]);
    // Its round has ended with that, whoever asks again; the one of its second chance begins anew.
    expect((await start(answered({ kind: 'yes' }))).kind).toBe('end');
    expect((await start(answered({ kind: 'yes' }), 'claim-2')).kind).toBe('started');
  });

  it('an approval that was withdrawn since the VM was looked at stops it', async () => {
    const approvals: Policy['approvals'] = [{ before: { phase: 1 }, validHours: 24 }];
    const services = await someServices({ vms: [vm], policy: { approvals } });
    const said = { by: 'ana', reason: 'No.', atUtc: WINDOW_OPENS };
    const phase = phaseIdOf(1);
    await services.rollouts.savePhase(ROLLOUT, aPhase({ phase, startedUtc: WINDOW_OPENS }));
    const withdrawn = { phase, ...said, untilUtc: WINDOW_OPENS, withdrawn: said };
    await services.rollouts.saveApproval(ROLLOUT, withdrawn, null);
    expect(await start(services)).toMatchObject({ kind: 'end', outcome: { reason: 'approvalPending' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('a pause that comes while a start is being prepared still stops it', async () => {
    const services = await someServices({ vms: [vm] });
    const paused = pausingAfter(services, 4, () =>
      services.rollouts.update(ROLLOUT, (row) => ({ ...row, mode: 'paused' })),
    );
    expect(await start(paused)).toMatchObject({ kind: 'end', outcome: { reason: 'rolloutPaused' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('INV-17: an installation ends, reboots included, before a freeze that begins in its window', async () => {
    const services = await someServices({ vms: [vm] });
    await services.freezes.save({ ...LAUNCH, from: '2026-11-13T05:00:00Z' }, null);
    expect(await start(services)).toMatchObject({ kind: 'started' });
    const [minutes, reserve] = [105, 25];
    expect(services.driver.accepted[0]?.request.maximumDurationMinutes).toBe(minutes - reserve);
  });

  it('INV-17: what could not end before a freeze does not start', async () => {
    const services = await someServices({ vms: [vm] });
    await services.freezes.save({ ...LAUNCH, from: '2026-11-13T04:39:00Z' }, null);
    expect(await start(services)).toMatchObject({ kind: 'end', outcome: { reason: 'frozen' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('INV-17: a freeze that comes while a start is being prepared still stops it', async () => {
    const services = await someServices({ vms: [vm] });
    const { operations } = services;
    const put = operations.put.bind(operations);
    services.operations.put = async (...given) => {
      await services.freezes.save(LAUNCH, null);
      return put(...given);
    };
    expect(await start(services)).toMatchObject({ kind: 'end', outcome: { reason: 'frozen' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('a VM that a pause kept from starting can start when the rollout goes on', async () => {
    const services = await someServices({ vms: [vm], control: { mode: 'paused' } });
    await start(services);
    await services.rollouts.update(ROLLOUT, (row) => ({ ...row, mode: 'running' }));
    expect(await start(services, 'claim-2')).toMatchObject({ kind: 'started' });
    expect(services.driver.accepted).toHaveLength(1);
  });
});

describe('a request whose answer is lost', () => {
  it('and which started: the installation on the VM is adopted', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push('startsUnheard');
    expect(await start(services)).toMatchObject({ kind: 'wait' });
    expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
    await wasStarted(services);
  });

  it('and which started: adopted also when the platform rounds the time of its start down', async () => {
    const services = await someServices({ vms: [vm], nowUtc: '2026-11-13T03:15:00.700Z' });
    services.driver.postBehaviours.push('startsUnheard');
    await start(services);
    const reading = await services.driver.readVirtualMachine(vm.id);
    const lastInstallation = reading?.lastInstallation ?? null;
    if (lastInstallation === null) throw new Error('it was not started');
    services.driver.change(vm.id, {
      lastInstallation: { ...lastInstallation, startTime: '2026-11-13T03:15:00.000Z' },
    });
    expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
    expect(services.driver.accepted).toHaveLength(1);
  });

  it('and which did not: a second one is sent, but only when the ambiguity is over', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push('vanishes');
    await start(services);
    services.wait(AMBIGUITY_SECONDS - 1);
    expect(await start(services)).toEqual({ kind: 'wait', untilUtc: '2026-11-13T03:25:00.000Z' });
    expect(services.driver.accepted).toEqual([]);
    services.wait(1);
    expect(await start(services)).toMatchObject({ kind: 'started' });
    await wasStarted(services);
  });

  it('and which did not: an installation from before is not taken for it', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.installByHand(vm.id, '2026-11-13T01:00:00.000Z');
    services.driver.endInstall(vm.id);
    services.driver.postBehaviours.push('vanishes');
    expect(await start(services)).toMatchObject({ kind: 'wait' });
    expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
    await wasStarted(services);
  });

  it('again and again, until the window is too short: the VM is deferred', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push(...Array.from({ length: 100 }, (): PostBehaviour => 'vanishes'));
    expect(await startPatiently(services)).toMatchObject({
      kind: 'end',
      outcome: { reason: 'windowMissed' },
    });
    expect(services.driver.accepted).toEqual([]);
  });
});

describe('a refusal', () => {
  it('for want of patience is obeyed, and the VM is patched later', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push({ refused: 'throttled', retryAfterSeconds: 300 });
    expect(await start(services)).toEqual({ kind: 'wait', untilUtc: '2026-11-13T03:20:00.000Z' });
    expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
    await wasStarted(services);
  });

  it('because a person is installing: we wait, and defer the VM when the window ends first', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.installByHand(vm.id, '2026-11-13T02:50:00.000Z');
    services.driver.postBehaviours.push(
      ...Array.from({ length: 1_000 }, (): PostBehaviour => ({ refused: 'conflict' })),
    );
    expect(await startPatiently(services)).toMatchObject({ kind: 'end', outcome: { kind: 'deferred' } });
    expect(services.driver.accepted).toEqual([]);
  });

  it('because a person is installing: ours follows when that one is over', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.installByHand(vm.id, '2026-11-13T02:50:00.000Z');
    services.driver.postBehaviours.push({ refused: 'conflict' }, { refused: 'conflict' });
    expect(await startPatiently(services)).toMatchObject({ kind: 'started' });
    await wasStarted(services);
  });

  it.each([
    ['notFound', 'skipped', 'vmDeleted'],
    ['notRunning', 'deferred', 'poweredOff'],
    ['agentNotReady', 'deferred', 'agentSilent'],
    ['extensionMissing', 'skipped', 'notEnabled'],
    ['notAllowed', 'failed', 'installRefused'],
  ] as const)('%s ends the VM as %s: %s', async (refused, kind, reason) => {
    const services = await someServices({ vms: [vm] });
    services.driver.postBehaviours.push({ refused });
    expect(await start(services)).toMatchObject({ kind: 'end', outcome: { kind, reason } });
  });

  it('of a VM that does not exist any more ends it', async () => {
    const services = await someServices({ vms: [vm] });
    services.driver.remove(vm.id);
    expect(await start(services)).toMatchObject({
      kind: 'end',
      outcome: { kind: 'skipped', reason: 'vmDeleted' },
    });
  });
});

describe('INV-11: the audit', () => {
  it('has one row for the start and one for the end of each installation, also of VMs under one claim', async () => {
    const other = aVm({ zone: '1' });
    const services = await someServices({ vms: [vm, other] });
    services.driver.postBehaviours.push('startsUnheard');
    for (const each of [vm, other]) {
      await startInstall.handler(services)(inputFor('claim-1', each));
      await startInstall.handler(services)(inputFor('claim-1', each));
      services.driver.endInstall(each.id);
      await services.run(collectInstall, { ...inputFor('claim-1', each), claimId: 'claim-1' });
    }
    const rows = (await services.audit.list(ROLLOUT)).map(({ what, vmId }) => [what, vmId]);
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(
      expect.arrayContaining(
        [vm, other].flatMap(({ id }) => [
          ['installStarted', id],
          ['installEnded', id],
        ]),
      ),
    );
  });
});
