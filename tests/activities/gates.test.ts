import { decidePhaseGate } from '../../activities/decidePhaseGate';
import { openPhase } from '../../activities/openPhase';
import { recordRound } from '../../activities/recordRound';
import type { RolloutControl } from '../../domain/control';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import type { VmUpdate } from '../../domain/vmUpdate';
import type { VmId } from '../../domain/ids';
import { vmsOf } from '../support/builders';
import {
  aPhase,
  aRecord,
  aRound,
  aWorld,
  counts,
  IN_THE_NIGHT,
  ROLLOUT,
  type FakeWorld,
} from '../support/fakeServices';

const PHASE_2 = { rolloutId: ROLLOUT, phase: phaseIdOf(2) };

async function inPhase2(
  seen: Parameters<typeof counts>[0],
  over: { control?: Partial<RolloutControl>; regions?: string[] } = {},
): Promise<FakeWorld> {
  const services = await aWorld({ control: over.control ?? {} });
  await services.rollouts.savePhase(
    ROLLOUT,
    aPhase({ phase: phaseIdOf(2), regions: over.regions ?? ['eastus'] }),
  );
  await services.rollouts.saveRound(ROLLOUT, aRecord({ phase: phaseIdOf(2), counts: counts(seen) }));
  return services;
}

const halts = (services: FakeWorld): ReturnType<FakeWorld['rollouts']['halts']> =>
  services.rollouts.halts(ROLLOUT);
const audited = async (services: FakeWorld): Promise<string[]> =>
  (await services.audit.list(ROLLOUT)).map(({ what }) => what);

const answer = (services: FakeWorld, kind: 'resume' | 'skip'): Promise<boolean[]> =>
  halts(services).then((open) =>
    Promise.all(
      open.map(({ haltId }) =>
        services.rollouts.decide(ROLLOUT, haltId, {
          kind,
          by: 'ann',
          reason: 'seen to',
          atUtc: services.nowUtc(),
        }),
      ),
    ),
  );

describe('R-202, INV-6: the gate of a phase', () => {
  it('opens on healthy VMs, says why, and stays open', async () => {
    const services = await inPhase2({ patched: 9, upToDate: 1 });
    const gate = await services.run(decidePhaseGate, PHASE_2);
    expect(gate).toMatchObject({
      kind: 'open',
      openedUtc: IN_THE_NIGHT,
      why: expect.stringMatching('10') as unknown,
    });
    services.wait(3600);
    await services.rollouts.saveRound(
      ROLLOUT,
      aRecord({ phase: phaseIdOf(2), round: 2, counts: counts({ unhealthy: 9 }) }),
    );
    expect(await services.run(decidePhaseGate, PHASE_2)).toEqual(gate);
    expect(await audited(services)).toEqual(['gateOpened']);
  });

  it('waits for evidence', async () => {
    const services = await inPhase2({ patched: 8 });
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
  });

  it('waits for every region', async () => {
    const services = await inPhase2({ patched: 10 }, { regions: ['eastus', 'japaneast'] });
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
  });

  it('counts no round of another phase', async () => {
    const services = await inPhase2({ patched: 1 });
    await services.rollouts.saveRound(
      ROLLOUT,
      aRecord({ phase: phaseIdOf(20), counts: counts({ patched: 50 }) }),
    );
    await services.rollouts.saveRound(
      ROLLOUT,
      aRecord({ phase: PhaseId.parse('catchup-2026-11-14t03'), counts: counts({ patched: 50 }) }),
    );
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
  });

  it('halts on too many unhealthy VMs, once, and waits for a person', async () => {
    const services = await inPhase2({ patched: 7, unhealthy: 3 });
    for (let poll = 0; poll < 3; poll += 1)
      expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
    expect(await halts(services)).toEqual([
      expect.objectContaining({ kind: 'halt', phase: phaseIdOf(2), region: null, decision: null }),
    ]);
    expect(await audited(services)).toEqual(['halted']);
  });

  it('opens once a person has answered the halt: what was judged is not held against it twice', async () => {
    const services = await inPhase2({ patched: 7, unhealthy: 3 });
    await services.run(decidePhaseGate, PHASE_2);
    services.wait(3600);
    await answer(services, 'resume');
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'open' });
  });

  it('halts anew on new evidence after a person has answered', async () => {
    const services = await inPhase2({ patched: 7, unhealthy: 3 });
    await services.run(decidePhaseGate, PHASE_2);
    services.wait(3600);
    await answer(services, 'resume');
    services.wait(3600);
    const atUtc = services.nowUtc();
    await services.rollouts.saveRound(
      ROLLOUT,
      aRecord({ phase: phaseIdOf(2), round: 2, atUtc, counts: counts({ unhealthy: 3 }) }),
    );
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
    expect((await halts(services)).filter(({ decision }) => decision === null)).toHaveLength(1);
  });

  it('opens when an operator gives the phase up', async () => {
    const services = await inPhase2({ patched: 7, unhealthy: 3 });
    await services.run(decidePhaseGate, PHASE_2);
    await answer(services, 'skip');
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'open' });
  });

  it('INV-9: waits while the rollout is paused, whatever the evidence', async () => {
    const services = await inPhase2({ patched: 10 }, { control: { mode: 'paused' } });
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
  });

  it('stays shut when the rollout is over', async () => {
    const services = await inPhase2({ patched: 10 }, { control: { mode: 'cancelled' } });
    expect(await services.run(decidePhaseGate, PHASE_2)).toEqual({
      kind: 'stop',
      reason: 'rolloutCancelled',
    });
    expect((await services.rollouts.readPhase(ROLLOUT, phaseIdOf(2)))?.gate?.kind).toBe('stopped');
  });

  it('of the canary phase halts at any unhealthy VM', async () => {
    const services = await aWorld();
    await services.rollouts.savePhase(ROLLOUT, aPhase());
    await services.rollouts.saveRound(ROLLOUT, aRecord({ counts: counts({ patched: 99, unhealthy: 1 }) }));
    expect(await services.run(decidePhaseGate, { rolloutId: ROLLOUT, phase: phaseIdOf(1) })).toMatchObject({
      kind: 'wait',
    });
    expect(await halts(services)).toHaveLength(1);
  });

  it('passes without evidence when nothing could be attempted, and says so', async () => {
    const services = await inPhase2({ deferred: 6, skipped: 4 });
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({
      kind: 'open',
      why: expect.stringMatching('without evidence') as unknown,
    });
  });
});

describe('the beginning of a phase', () => {
  const phases = [
    aPhase({ gate: null }),
    aPhase({ phase: phaseIdOf(2), vmCount: 500 }),
    aPhase({ phase: phaseIdOf(3), vmCount: 5000 }),
  ];
  const services = async (...seen: Parameters<typeof counts>[0][]): Promise<FakeWorld> => {
    const made = await aWorld();
    for (const phase of phases) await made.rollouts.savePhase(ROLLOUT, { ...phase, startedUtc: null });
    for (const [n, each] of seen.entries())
      await made.rollouts.saveRound(ROLLOUT, aRecord({ phase: phaseIdOf(n + 1), counts: counts(each) }));
    return made;
  };
  const open = (of: FakeWorld, phase: PhaseId): Promise<unknown> =>
    of.run(openPhase, { rolloutId: ROLLOUT, phase });

  it('is written down once, and begins once', async () => {
    const of = await services();
    const first = await open(of, phaseIdOf(1));
    of.wait(600);
    expect(await open(of, phaseIdOf(1))).toEqual(first);
    expect(await audited(of)).toEqual(['phaseStarted']);
  });

  it('has no limit when the phase before proved something', async () => {
    expect(await open(await services({ patched: 1 }), phaseIdOf(2))).toMatchObject({ attemptMax: null });
    expect(await open(await services({ failed: 1 }), phaseIdOf(2))).toMatchObject({ attemptMax: null });
  });

  it('after a phase that proved nothing may attempt ten times the VMs proven so far', async () => {
    expect(
      await open(await services({ patched: 20, upToDate: 5 }, { deferred: 500 }), phaseIdOf(3)),
    ).toMatchObject({ attemptMax: 250 });
    expect(await open(await services({ deferred: 3 }), phaseIdOf(2))).toMatchObject({ attemptMax: 10 });
  });

  it('has no limit when that is more than it has', async () => {
    expect(await open(await services({ patched: 900 }, { deferred: 500 }), phaseIdOf(3))).toMatchObject({
      attemptMax: null,
    });
  });
});

describe('the record of a round', () => {
  const vms = vmsOf(10);
  const ref = { ...PHASE_2, region: 'eastus', stage: 'zone-1', group: 'batch-1', round: 1 };
  const well: VmUpdate = { kind: 'ended', outcomeKind: 'patched', reason: 'installed' };
  const ill: VmUpdate = { kind: 'ended', outcomeKind: 'unhealthy', reason: 'unhealthyAfterUpdate' };
  const failed: VmUpdate = { kind: 'ended', outcomeKind: 'failed', reason: 'patchesFailed' };
  const results = (...some: [number, VmUpdate][]): VmUpdate[] =>
    some.flatMap(([n, result]) => Array.from({ length: n }, () => result));

  async function recorded(of: FakeWorld, given: VmUpdate[], over: object = {}): Promise<unknown> {
    const round = { ...ref, ...over };
    const claimId = `round-${round.round}`;
    const progress = {
      call: 1,
      answer: { dueUtc: null, events: [] },
      vms: given.map((update, n) => ({ vmId: vms[n % vms.length]?.id ?? ('' as VmId), update })),
    };
    await of.roundProgress.write(ROLLOUT, claimId, progress, null);
    return of.run(recordRound, { ref: round, claimId });
  }
  const aRoundWorld = async (): Promise<FakeWorld> => {
    const services = await aWorld();
    await services.plans.addRounds(ROLLOUT, [
      aRound({ phase: phaseIdOf(2), vmIds: vms.map(({ id }) => id) }),
    ]);
    return services;
  };

  it('keeps its counts, and says that all may go on', async () => {
    const services = await aRoundWorld();
    expect(await recorded(services, results([9, well], [1, ill]))).toMatchObject({
      gate: 'open',
      why: '',
    });
    expect(await services.rollouts.rounds(ROLLOUT, phaseIdOf(2))).toEqual([
      expect.objectContaining({ counts: counts({ patched: 9, unhealthy: 1 }) }),
    ]);
  });

  it('R-204: halts the rollout on a sick batch, in its region, and says so in the audit', async () => {
    const services = await aRoundWorld();
    expect(await recorded(services, results([8, well], [2, ill]))).toMatchObject({ gate: 'halt' });
    expect(await halts(services)).toEqual([expect.objectContaining({ kind: 'halt', region: 'eastus' })]);
    expect(await audited(services)).toEqual(['halted']);
  });

  it('holds its region on a bad patch source', async () => {
    const services = await aRoundWorld();
    expect(await recorded(services, results([7, well], [3, failed]))).toMatchObject({ gate: 'hold' });
    expect(await halts(services)).toEqual([expect.objectContaining({ kind: 'hold', region: 'eastus' })]);
  });

  it('written twice is written once', async () => {
    const services = await aRoundWorld();
    await recorded(services, results([8, well], [2, ill]));
    services.wait(30);
    await recorded(services, results([8, well], [2, ill]));
    expect(await halts(services)).toHaveLength(1);
    expect(await services.rollouts.rounds(ROLLOUT, phaseIdOf(2))).toHaveLength(1);
    expect(await audited(services)).toEqual(['halted']);
  });

  it('halts the region when small batches add up: each below its own limit', async () => {
    const services = await aRoundWorld();
    const gates: unknown[] = [];
    for (let round = 1; round <= 3; round += 1) {
      gates.push(
        ((await recorded(services, results([9, well], [1, ill]), { round })) as { gate: string }).gate,
      );
    }
    expect(gates).toEqual(['open', 'open', 'halt']);
  });

  it('does not halt again on what a person has judged', async () => {
    const services = await aRoundWorld();
    await recorded(services, results([7, well], [3, ill]));
    services.wait(60);
    await answer(services, 'resume');
    services.wait(60);
    expect(await recorded(services, results([10, well]), { round: 2 })).toMatchObject({ gate: 'open' });
  });

  it('INV-13: names the VMs that are unhealthy, and counts those that may still be installing', async () => {
    const services = await aRoundWorld();
    const unclear: VmUpdate = { kind: 'ended', outcomeKind: 'failed', reason: 'orchestrationFailed' };
    expect(await recorded(services, [...results([8, well], [1, ill]), unclear])).toMatchObject({
      unhealthy: [vms[8]?.id],
      unclear: 1,
    });
  });
});
