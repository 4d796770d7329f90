import { closeRollout } from '../../activities/closeRollout';
import { endRounds } from '../../activities/endRounds';
import { readRegion } from '../../activities/readRegion';
import { takeSet } from '../../activities/takeSet';
import { readCompletion } from '../../activities/readCompletion';
import { keyOf, type VmId } from '../../domain/ids';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import { aSet, vmsOf } from '../support/builders';
import {
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
const SCOPE = {
  rolloutId: ROLLOUT,
  phase: phaseIdOf(1),
  region: 'eastus',
  stage: 'zone-1',
  group: 'batch-1',
};

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
    expect(await services.run(endRounds, { ...SCOPE, done: [1], reason })).toEqual({ ended: 4, more: false });
    expect(await outcomes(services)).toEqual(Array<string>(4).fill(`${kind}: ${reason}`));
  });

  it('are recorded, so that the gate counts them and no round runs them', async () => {
    const services = await threeRounds();
    await services.run(endRounds, { ...SCOPE, done: [1], reason: 'waitingForSet' });
    const recorded = await services.rollouts.rounds(ROLLOUT, phaseIdOf(1));
    expect(recorded.map((row) => [row.round, row.counts])).toEqual([
      [2, counts({ deferred: 2 })],
      [3, counts({ deferred: 2 })],
    ]);
    expect(await services.run(endRounds, { ...SCOPE, done: [1], reason: 'superseded' })).toEqual({
      ended: 0,
      more: false,
    });
  });

  it('are ended some a call, however many are left of a batch or a set', async () => {
    const many = vmsOf(25);
    for (const batch of [{ rounds: 25, own: 1, lane: { lane: 1, lanes: 1, queue: 'lane', take: 2 } }, null]) {
      const services = await someServices({ vms: many });
      await services.plans.addRounds(
        ROLLOUT,
        many.map(({ id }, n) => aRound({ round: n + 1, vmIds: [id] })),
      );
      const asked = { ...SCOPE, done: [], batch, reason: 'superseded' };
      const answers: unknown[] = [];
      for (let calls = 0; calls < 3; calls += 1) answers.push(await services.run(endRounds, asked));
      expect(answers).toEqual([
        { ended: 10, more: true },
        { ended: 10, more: true },
        { ended: 5, more: false },
      ]);
      expect(await outcomes(services)).toEqual(Array<string>(25).fill('skipped: superseded'));
    }
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

describe('the rounds of a batch that do not run any more', () => {
  const lane = { queue: 'zone:batch-1', lane: 1, lanes: 1, take: 2 };

  it("are the lane's own and those that no lane has taken; asked for again they are the same", async () => {
    const services = await threeRounds();
    const rest = { ...SCOPE, done: [], batch: { rounds: 3, own: 1, lane }, reason: 'superseded' };
    expect(await services.run(endRounds, rest)).toEqual({ ended: 6, more: false });
    expect(await services.run(endRounds, rest)).toEqual({ ended: 0, more: false });
    expect(await outcomes(services)).toHaveLength(6);
  });

  it('are none of those that other lanes have: these end them themselves', async () => {
    const services = await threeRounds();
    const other = { ...lane, lane: 2, lanes: 2, take: 2 };
    expect(await services.roundQueues.takeNext(ROLLOUT, { ...other, count: 3 })).toBe(3);
    const rest = { rounds: 3, own: 1, lane: { ...lane, lanes: 2 } };
    expect(await services.run(endRounds, { ...SCOPE, done: [], batch: rest, reason: 'superseded' })).toEqual({
      ended: 2,
      more: false,
    });
    const recorded = await services.rollouts.rounds(ROLLOUT, phaseIdOf(1));
    expect(recorded.map(({ round }) => round)).toEqual([1]);
  });
});

describe('the stages of a region', () => {
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
  const read = (services: FakeServices): Promise<unknown> =>
    services.run(readRegion, { rolloutId: ROLLOUT, phase: phaseIdOf(1), region: 'eastus' });

  it('come zone by zone, each with its batches by window cohort and its sets', async () => {
    const services = await someServices();
    await services.plans.addRounds(ROLLOUT, [
      ...[setRound('web', 1), setRound('web', 2), setRound('db', 1)],
      ...['10', '2'].map((zone) => aRound({ stage: `zone-${zone}`, zone, atOnce: 2 })),
      ...[aRound({ stage: 'zone-2', zone: '2', round: 2 })],
      aRound({ stage: 'zone-2', zone: '2', group: 'batch-1-cohort-2', cohort: 2 }),
      ...[aRound({ region: 'westus' })],
    ]);
    const second = { cohort: 2, batches: [{ group: 'batch-1-cohort-2', rounds: 1, atOnce: 1 }] };
    const ten = { cohort: 1, batches: [{ group: 'batch-1', rounds: 1, atOnce: 2 }] };
    expect(await read(services)).toMatchObject({
      stages: [
        { stage: 'zone-2', setCount: 0, sets: [], tracks: [{ cohort: 1 }, second] },
        { stage: 'zone-10', tracks: [ten] },
        { stage: 'regional', setCount: 2, sets: [keyOf(aSet('web')), keyOf(aSet('db'))], tracks: [] },
      ],
    });
  });

  it('with a thousand sets fit into a message: of so many only their number is said', async () => {
    const services = await someServices();
    await services.plans.addRounds(
      ROLLOUT,
      Array.from({ length: 1000 }, (_, n) => setRound(`web-${n}`, 1)),
    );
    const answer = await read(services);
    expect(answer).toEqual({ stages: [{ stage: 'regional', setCount: 1000, sets: [], tracks: [] }] });
    expect(JSON.stringify(answer).length).toBeLessThan(16_000);
    const lane = { queue: 'q', lane: 1, lanes: 60 };
    const take = (n: number): Promise<unknown> =>
      services.run(takeSet, {
        rolloutId: ROLLOUT,
        phase: phaseIdOf(1),
        region: 'eastus',
        stage: 'regional',
        sets: 1000,
        lane: { ...lane, take: n },
      });
    expect(await take(1)).toEqual({ group: keyOf(aSet('web-0')) });
    expect(await take(2)).toEqual({ group: keyOf(aSet('web-60')) });
    expect(await take(2)).toEqual({ group: keyOf(aSet('web-60')) });
    expect(await take(3)).toEqual({ group: keyOf(aSet('web-61')) });
  });
});
