import { decidePhaseGate } from '../../activities/decidePhaseGate';
import { openPhase } from '../../activities/openPhase';
import { recordRound } from '../../activities/recordRound';
import type { RolloutControl } from '../../domain/control';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import { makePlan } from '../../planning/makePlan';
import { ImageFamily } from '../../domain/imageFamily';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { grantRound } from '../../domain/rolloutEvidence';
import type { InstallResult, VmUpdate } from '../../domain/vmUpdate';
import { Month, type VmId } from '../../domain/ids';
import { vmsOf } from '../support/builders';
import {
  aPhase,
  aRecord,
  aRound,
  someServices,
  counts,
  IN_THE_WINDOW,
  ROLLOUT,
  type FakeServices,
} from '../support/fakeServices';

const MONTH = Month.parse('2026-11');
const PHASE_2 = { rolloutId: ROLLOUT, phase: phaseIdOf(2) };

async function inPhase2(
  seen: Parameters<typeof counts>[0],
  over: { control?: Partial<RolloutControl>; regions?: string[] } = {},
): Promise<FakeServices> {
  const services = await someServices({ control: over.control ?? {} });
  await services.rollouts.savePhase(
    ROLLOUT,
    aPhase({ phase: phaseIdOf(2), regions: over.regions ?? ['eastus'] }),
  );
  await services.rollouts.saveRound(ROLLOUT, aRecord({ phase: phaseIdOf(2), counts: counts(seen) }));
  return services;
}

const halts = (services: FakeServices): ReturnType<FakeServices['rollouts']['halts']> =>
  services.rollouts.halts(ROLLOUT);
const audited = async (services: FakeServices): Promise<string[]> =>
  (await services.audit.list(ROLLOUT)).map(({ what }) => what);

const answer = (services: FakeServices, kind: 'resume' | 'skip'): Promise<boolean[]> =>
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
      openedUtc: IN_THE_WINDOW,
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

  it('says when the next phase has its first window after it, whatever order the forecast had', async () => {
    const services = await inPhase2({ patched: 10 });
    const vms = ['eastasia', 'eastus', 'westus', 'uksouth'].flatMap((region, n) =>
      vmsOf(n + 1, () => ({ region })),
    );
    const policy = { ...services.policy, canaryRegions: ['eastasia'], phasesMin: 3 };
    const plan = makePlan({ vms, month: MONTH, policy, seed: 1, nowUtc: IN_THE_WINDOW });
    await services.plans.savePart(plan, 0, 100);
    const regions = (await services.plans.readSummary(ROLLOUT))?.phases.map((one) => one.regions);
    expect(regions?.slice(1)).toEqual([['eastus'], ['uksouth', 'westus']]);
    services.clock.nowUtc = '2026-11-13T23:00:00.000Z'; // the window of London has opened an hour ago, that of the west opens at 06:00
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({
      kind: 'open',
      nextOpensUtc: '2026-11-14T06:00:00.000Z',
    });
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

  it('holds when every installation failed, once, and waits for a person', async () => {
    const services = await inPhase2({ failed: 9, deferred: 1 });
    for (let poll = 0; poll < 3; poll += 1)
      expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
    expect(await halts(services)).toEqual([
      expect.objectContaining({ kind: 'hold', phase: phaseIdOf(2), region: null, decision: null }),
    ]);
    expect(await audited(services)).toEqual(['held']);
  });

  it('opens once a person has answered the halt: what was decided on is not held against it twice', async () => {
    const services = await inPhase2({ failed: 9, deferred: 1 });
    await services.run(decidePhaseGate, PHASE_2);
    services.wait(3600);
    await answer(services, 'resume');
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'open' });
  });

  it('holds again on new evidence after a person has answered', async () => {
    const services = await inPhase2({ failed: 9, deferred: 1 });
    await services.run(decidePhaseGate, PHASE_2);
    services.wait(3600);
    await answer(services, 'resume');
    services.wait(3600);
    const atUtc = services.nowUtc();
    await services.rollouts.saveRound(
      ROLLOUT,
      aRecord({ phase: phaseIdOf(2), round: 2, atUtc, counts: counts({ failed: 3 }) }),
    );
    expect(await services.run(decidePhaseGate, PHASE_2)).toMatchObject({ kind: 'wait' });
    expect((await halts(services)).filter(({ decision }) => decision === null)).toHaveLength(1);
  });

  it('opens when an operator gives the phase up', async () => {
    const services = await inPhase2({ failed: 9, deferred: 1 });
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
  const services = async (...seen: Parameters<typeof counts>[0][]): Promise<FakeServices> => {
    const made = await someServices();
    for (const phase of phases) await made.rollouts.savePhase(ROLLOUT, { ...phase, startedUtc: null });
    for (const [n, each] of seen.entries())
      await made.rollouts.saveRound(ROLLOUT, aRecord({ phase: phaseIdOf(n + 1), counts: counts(each) }));
    return made;
  };
  const open = (of: FakeServices, phase: PhaseId): Promise<unknown> =>
    of.run(openPhase, { rolloutId: ROLLOUT, phase });

  it('is written down once, and begins once', async () => {
    const of = await services();
    const first = await open(of, phaseIdOf(1));
    of.wait(600);
    expect(await open(of, phaseIdOf(1))).toEqual(first);
    expect(await audited(of)).toEqual(['phaseStarted']);
  });

  it('says when it may close by the passing of time: after the windows of its own VMs', async () => {
    const of = await services();
    const vms = vmsOf(20, () => ({ region: 'japaneast' }));
    const { policy } = of;
    const plan = makePlan({ vms, month: MONTH, policy, seed: 1, nowUtc: IN_THE_WINDOW });
    await of.plans.savePart(plan, 0, 100);
    await open(of, phaseIdOf(1));
    const { startedUtc, closesUtc } = (await of.rollouts.readPhase(ROLLOUT, phaseIdOf(1))) ?? {};
    expect(startedUtc).toBe(IN_THE_WINDOW);
    // Six in the morning in Tokyo, and a quarter of an hour.
    expect(closesUtc?.slice(10)).toBe('T21:15:00.000Z');
    const hours = (Date.parse(closesUtc ?? '') - Date.parse(startedUtc ?? '')) / 3_600_000;
    expect(hours).toBeGreaterThan(48);
    expect(hours).toBeLessThan(72);
  });
});

describe('the record of a round', () => {
  const vms = vmsOf(10);
  const ref = { ...PHASE_2, region: 'eastus', stage: 'zone-1', group: 'batch-1', round: 1 };
  const family = ImageFamily.parse('canonical:ubuntuserver:18.04-lts');
  const ended = (outcomeKind: OutcomeKind, reason: OutcomeReason, result: InstallResult): VmUpdate => ({
    kind: 'ended',
    outcomeKind,
    reason,
    family,
    result,
    endedUtc: IN_THE_WINDOW,
  });
  const well = ended('patched', 'installed', 'healthy');
  const ill = ended('unhealthy', 'unhealthyAfterUpdate', 'unhealthy');
  const silent = ended('unhealthy', 'unknownTooLong', 'unhealthy');
  const failed = ended('failed', 'patchesFailed', 'failed');
  const results = (...some: [number, VmUpdate][]): VmUpdate[] =>
    some.flatMap(([n, result]) => Array.from({ length: n }, () => result));

  async function recorded(of: FakeServices, given: VmUpdate[], over: object = {}): Promise<unknown> {
    const round = { ...ref, ...over };
    const claimId = `round-${round.round}`;
    const progress = {
      call: 1,
      answer: { dueUtc: null, events: [] },
      vms: given.map((update, n) => ({ vmId: vms[n % vms.length]?.id ?? ('' as VmId), update })),
    };
    await of.roundProgress.write(ROLLOUT, claimId, progress, null);
    const asked = given.map((_, place) => ({ place, family }));
    await of.evidence.update(
      ROLLOUT,
      (before) => grantRound(before, claimId, asked, { ...of.policy, evidenceFirst: 1000 }).evidence,
    );
    return of.run(recordRound, { ref: round, claimId });
  }
  const servicesOfARound = async (): Promise<FakeServices> => {
    const services = await someServices();
    await services.plans.addRounds(ROLLOUT, [
      aRound({ phase: phaseIdOf(2), vmIds: vms.map(({ id }) => id) }),
    ]);
    return services;
  };

  it('keeps its counts, and says that all may go on', async () => {
    const services = await servicesOfARound();
    expect(await recorded(services, results([9, well], [1, ill]))).toMatchObject({
      gate: 'open',
      why: '',
    });
    expect(await services.rollouts.rounds(ROLLOUT, phaseIdOf(2))).toEqual([
      expect.objectContaining({ counts: counts({ patched: 9, unhealthy: 1 }) }),
    ]);
  });

  it('R-204: two unhealthy VMs of one image halt that image, with the VMs and the odds, and say so in the audit', async () => {
    const services = await servicesOfARound();
    await recorded(services, results([8, well], [2, ill]));
    expect(await halts(services)).toContainEqual(
      expect.objectContaining({
        kind: 'halt',
        scope: { kind: 'family', family },
        why: expect.stringMatching(/^2 of 10 VMs of image family .* \(\S+, \S+\)/) as unknown,
      }),
    );
    expect(await audited(services)).toContain('halted');
  });

  it('one unhealthy VM of many is no halt', async () => {
    const services = await servicesOfARound();
    await recorded(services, results([6, well]), { round: 1 });
    await recorded(services, results([9, well], [1, ill]), { round: 2 });
    expect(await halts(services)).toEqual([]);
  });

  it('any unhealthy VM of the canary, the first five of the rollout, halts the rollout', async () => {
    const services = await servicesOfARound();
    await recorded(services, results([4, well], [1, ill], [5, well]));
    expect(await halts(services)).toEqual([
      expect.objectContaining({ kind: 'halt', region: null, scope: { kind: 'rollout' } }),
    ]);
  });

  it('holds on a bad patch source: three of ten installations failed', async () => {
    const services = await servicesOfARound();
    await recorded(services, results([7, well], [3, failed]));
    expect((await halts(services)).map(({ kind }) => kind)).toContain('hold');
    expect((await halts(services)).map(({ why }) => why).join()).toMatch(/failed on 3 of 10/);
  });

  it('holds its region on too much silence', async () => {
    const services = await servicesOfARound();
    expect(await recorded(services, results([7, well], [3, silent]))).toMatchObject({ gate: 'hold' });
    expect(await halts(services)).toContainEqual(expect.objectContaining({ kind: 'hold', region: 'eastus' }));
  });

  it('written twice is written once, and its results count once', async () => {
    const services = await servicesOfARound();
    await recorded(services, results([8, well], [2, ill]));
    const before = { halts: await halts(services), evidence: await services.evidence.read(ROLLOUT) };
    services.wait(30);
    await services.run(recordRound, { ref, claimId: 'round-1' });
    expect(await halts(services)).toEqual(before.halts);
    expect(await services.evidence.read(ROLLOUT)).toEqual(before.evidence);
    expect(before.evidence.rounds).toEqual({});
    expect(before.evidence.rollout).toMatchObject({ healthyCount: 8, unhealthyCount: 2 });
    expect(await services.rollouts.rounds(ROLLOUT, phaseIdOf(2))).toHaveLength(1);
  });

  it('changes in one transaction with the totals of its phase: a host that dies before leaves neither', async () => {
    const services = await servicesOfARound();
    const rounds = (): Promise<readonly unknown[]> => services.rollouts.rounds(ROLLOUT, phaseIdOf(2));
    await recorded(services, results([5, well]), { round: 1 });
    const table = services.store.table('rounds');
    const commit = table.commit.bind(table);
    let isKilled = false;
    jest.spyOn(table, 'commit').mockImplementation((partition, changes) => {
      if (isKilled || partition !== ROLLOUT) return commit(partition, changes);
      isKilled = true;
      return Promise.reject(new Error('killed'));
    });
    await expect(recorded(services, results([4, well]), { round: 2 })).rejects.toThrow('killed');
    const totals = async (): Promise<unknown> => services.rollouts.phaseTotals(ROLLOUT, phaseIdOf(2));
    expect(await rounds()).toHaveLength(1);
    expect(await totals()).toMatchObject({ counts: counts({ patched: 5 }) });
    await services.run(recordRound, { ref: { ...ref, round: 2 }, claimId: 'round-2' });
    await services.run(recordRound, { ref: { ...ref, round: 2 }, claimId: 'round-2' });
    expect(await rounds()).toHaveLength(2);
    expect(await totals()).toMatchObject({ counts: counts({ patched: 9 }), regions: ['eastus'] });
  });

  it('does not halt again on what a person has answered, and does on what comes after', async () => {
    const services = await servicesOfARound();
    await recorded(services, results([7, well], [3, ill]));
    services.wait(60);
    await answer(services, 'resume');
    services.wait(60);
    await recorded(services, results([10, well]), { round: 2 });
    const open = async (): Promise<number> =>
      (await halts(services)).filter(({ decision }) => decision === null).length;
    expect(await open()).toBe(0);
    await recorded(services, results([8, well], [2, ill]), { round: 3 });
    expect(await open()).toBeGreaterThan(0);
  });

  it('INV-13: names the VMs that are unhealthy, and counts those that may still be installing', async () => {
    const services = await servicesOfARound();
    const unclear = ended('failed', 'orchestrationFailed', 'unproven');
    expect(await recorded(services, [...results([8, well], [1, ill]), unclear])).toMatchObject({
      unhealthy: [vms[8]?.id],
      unclear: 1,
    });
  });
});
