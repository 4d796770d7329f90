import { closeRollout } from '../../activities/closeRollout';
import { endRounds } from '../../activities/endRounds';
import { openRegion } from '../../activities/openRegion';
import { readCompletion } from '../../activities/readCompletion';
import { keyOf, type VmId } from '../../domain/ids';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import { aSet, vmsOf } from '../support/builders';
import {
  aPhase,
  aRound,
  someServices,
  counts,
  IN_THE_WINDOW,
  ROLLOUT,
  type FakeServices,
  outcomesIn,
} from '../support/fakeServices';
import { ENDS } from '../support/rolloutScene';

const vms = vmsOf(6);
const idsOf = (from: number, to: number): VmId[] => vms.slice(from, to).map(({ id }) => id);
const SCOPE = { rolloutId: ROLLOUT, phase: phaseIdOf(1), region: 'eastus', stage: 'zone-1', group: null };

/** Three rounds of two VMs. */
async function threeRounds(
  given: NonNullable<Parameters<typeof someServices>[0]> = {},
  phase = phaseIdOf(1),
): Promise<FakeServices> {
  const services = await someServices({ vms, ...given });
  const rounds = [1, 2, 3].map((round) => aRound({ phase, round, vmIds: idsOf(2 * round - 2, 2 * round) }));
  await services.plans.addRounds(ROLLOUT, rounds);
  return services;
}

const ended = (
  services: FakeServices,
  vmId: VmId,
  kind: OutcomeKind,
  reason: OutcomeReason,
): Promise<unknown> =>
  services.outcomes.save(ROLLOUT, [
    {
      vmId,
      kind,
      reason,
      detail: '',
      atUtc: IN_THE_WINDOW,
      phase: phaseIdOf(1),
      region: 'eastus',
      installation: null,
    },
  ]);

const outcomes = async (services: FakeServices): Promise<string[]> =>
  (await outcomesIn(services)).map(({ kind, reason }) => `${kind}: ${reason}`);

describe('INV-8: rounds that do not run any more', () => {
  it.each([
    ['superseded', 'skipped'],
    ['deadlinePassed', 'skipped'],
    ['rolloutCancelled', 'skipped'],
    ['operatorSkipped', 'skipped'],
    ['waitingForSet', 'deferred'],
    ['windowMissed', 'deferred'],
  ] as const)('give each of their VMs an outcome: %s is %s', async (reason, kind) => {
    const services = await threeRounds();
    expect(await services.run(endRounds, { ...SCOPE, done: ['batch-1.1'], reason })).toEqual({ ended: 4 });
    expect(await outcomes(services)).toEqual(Array<string>(4).fill(`${kind}: ${reason}`));
  });

  it('are recorded, so that the gate counts them and no round runs them', async () => {
    const services = await threeRounds();
    await services.run(endRounds, { ...SCOPE, done: ['batch-1.1'], reason: 'waitingForSet' });
    const recorded = await services.rollouts.rounds(ROLLOUT, phaseIdOf(1));
    expect(recorded.map((row) => [row.round, row.counts])).toEqual([
      [2, counts({ deferred: 2 })],
      [3, counts({ deferred: 2 })],
    ]);
    expect(await services.run(endRounds, { ...SCOPE, done: ['batch-1.1'], reason: 'superseded' })).toEqual({
      ended: 0,
    });
  });

  it("of a catch-up leave the outcome of the VM's own turn as it was", async () => {
    const phase = PhaseId.parse('catchup-2026-11-13t04');
    const services = await threeRounds({}, phase);
    const [vmId] = idsOf(0, 1);
    if (vmId === undefined) throw new Error('no VM');
    await ended(services, vmId, 'failed', 'patchesFailed');
    await services.run(endRounds, { ...SCOPE, phase, done: [], reason: 'windowMissed' });
    expect((await services.outcomes.read(ROLLOUT, vmId))?.reason).toBe('patchesFailed');
    expect(await outcomes(services)).toHaveLength(6);
  });
});

describe('INV-8: closing a rollout', () => {
  it('gives every planned VM that was not reached an outcome, and leaves the others alone', async () => {
    const services = await threeRounds();
    for (const vmId of idsOf(0, 3)) await ended(services, vmId, 'patched', 'installed');
    expect(await services.run(closeRollout, { rolloutId: ROLLOUT })).toEqual({
      counts: counts({ patched: 3, skipped: 3 }),
    });
    expect(await outcomes(services)).toEqual(
      expect.arrayContaining([...Array<string>(3).fill('skipped: superseded')]),
    );
  });

  it.each([
    [{ mode: 'cancelled' as const }, 'rolloutCancelled', 'cancelled'],
    [{ endsBecause: 'deadlinePassed' as const }, 'deadlinePassed', 'ended'],
  ])('says what ended it: %j', async (control, reason, mode) => {
    const services = await threeRounds({ control });
    await services.run(closeRollout, { rolloutId: ROLLOUT });
    expect(new Set(await outcomes(services))).toEqual(new Set([`skipped: ${reason}`]));
    expect(await services.rollouts.read(ROLLOUT)).toMatchObject({ mode, endedUtc: IN_THE_WINDOW });
  });

  it('twice is closing once', async () => {
    const services = await threeRounds();
    const first = await services.run(closeRollout, { rolloutId: ROLLOUT });
    services.wait(60);
    expect(await services.run(closeRollout, { rolloutId: ROLLOUT })).toEqual(first);
    expect((await services.rollouts.read(ROLLOUT))?.endedUtc).toBe(IN_THE_WINDOW);
    expect(await services.audit.list(ROLLOUT)).toHaveLength(1);
  });

  it('needs its row', async () => {
    const services = await someServices({ control: null });
    await expect(services.run(closeRollout, { rolloutId: ROLLOUT })).rejects.toThrow(
      /no rollout rollout-2026-11/,
    );
  });
});

describe('a rollout is complete', () => {
  const isComplete = (services: FakeServices): Promise<unknown> =>
    services.run(readCompletion, { rolloutId: ROLLOUT });

  it('when no VM waits for a second chance', async () => {
    const services = await threeRounds();
    const [first, second] = idsOf(0, 2);
    if (first === undefined || second === undefined) throw new Error('no VM');
    await ended(services, first, 'patched', 'installed');
    await ended(services, second, 'skipped', 'unhealthyBefore');
    expect(await isComplete(services)).toEqual({ complete: true });
    await ended(services, first, 'deferred', 'poweredOff');
    expect(await isComplete(services)).toEqual({ complete: false });
    await ended(services, first, 'patched', 'installed');
    expect(await isComplete(services)).toEqual({ complete: true });
  });

  it.each([{ nowUtc: ENDS }, { control: { mode: 'cancelled' as const } }])(
    'at its end: %j',
    async (given) => {
      const services = await threeRounds(given);
      const [first] = idsOf(0, 1);
      if (first === undefined) throw new Error('no VM');
      await ended(services, first, 'deferred', 'poweredOff');
      expect(await isComplete(services)).toEqual({ complete: true });
    },
  );
});

describe('the stages of a region', () => {
  const read = (services: FakeServices, attemptMax: number | null): Promise<unknown> =>
    services.run(openRegion, { rolloutId: ROLLOUT, phase: phaseIdOf(1), region: 'eastus', attemptMax });

  it('come in the order of the plan, each with its sets and whether it has batches', async () => {
    const services = await someServices();
    const setRound = (name: string, round: number): ReturnType<typeof aRound> =>
      aRound({
        stage: 'regional',
        zone: null,
        kind: 'availabilitySet',
        round,
        availabilitySetId: aSet(name),
        group: keyOf(aSet(name)),
        setSize: 3,
      });
    await services.plans.addRounds(ROLLOUT, [
      ...[aRound({ stage: 'zone-2', zone: '2' }), aRound({ stage: 'zone-2', zone: '2', round: 2 })],
      ...[setRound('web', 1), setRound('web', 2), setRound('db', 1)],
      ...[aRound({ region: 'westus' })],
    ]);
    expect(await read(services, null)).toEqual({
      stages: [
        { stage: 'zone-2', standalone: true, sets: [] },
        { stage: 'regional', standalone: false, sets: [keyOf(aSet('web')), keyOf(aSet('db'))] },
      ],
    });
  });

  it('INV-10: after a phase that proved nothing only as many VMs are attempted as may be; the rest wait', async () => {
    const services = await threeRounds();
    await services.rollouts.savePhase(ROLLOUT, aPhase({ vmCount: 6 }));
    expect(await read(services, 4)).toEqual({ stages: [{ stage: 'zone-1', standalone: true, sets: [] }] });
    expect(await outcomes(services)).toEqual(Array<string>(2).fill('deferred: evidenceLimit'));
    const recorded = await services.rollouts.rounds(ROLLOUT, phaseIdOf(1));
    expect(recorded.map(({ round }) => round)).toEqual([3]);
  });

  it('shares the limit of a phase among its regions', async () => {
    const services = await threeRounds();
    await services.rollouts.savePhase(ROLLOUT, aPhase({ vmCount: 12, regions: ['eastus', 'japaneast'] }));
    await read(services, 4);
    expect(await outcomes(services)).toHaveLength(4);
  });
});
