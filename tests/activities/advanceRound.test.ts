import { advanceRound } from '../../activities/advanceRound';
import type * as contracts from '../../activities/contracts';
import { decidePhaseGate } from '../../activities/decidePhaseGate';
import { recordRound } from '../../activities/recordRound';
import type { AnswerTo } from '../../activities/services';
import type { VmId } from '../../domain/ids';
import { PhaseId } from '../../domain/phaseId';
import { HEALTHY, type PostBehaviour } from '../support/fakeDriver';
import { aPhase, IN_THE_WINDOW, ROLLOUT, type FakeServices, outcomesIn } from '../support/fakeServices';
import { aRoundOf, roundClaim, roundInput, standalone } from '../support/rolloutScene';

const { ref } = roundInput;
const where = { ...ref, phase: PhaseId.parse(ref.phase) };
const claim = roundClaim;

/** Where the builders' standalone VMs are. */
const disruption = standalone(1);

type Answer = AnswerTo<typeof contracts.advanceRound>;

const callOf = async (services: FakeServices, call: number): Promise<Answer> =>
  (await services.run(advanceRound, { ref, claim, disruption, call })) as Answer;

/** As its orchestration does: one call after another, each when it is due. Ends installations after `minutes`. */
async function finish(services: FakeServices, minutes = 20): Promise<{ answers: Answer[]; calls: number }> {
  const answers: Answer[] = [];
  for (let call = 1; call < 500; call += 1) {
    for (const install of services.driver.accepted)
      if (install.ended === null && sinceMinutes(services, install.atUtc) >= minutes)
        services.driver.endInstall(install.vmId);
    for (const operationId of services.driver.assessed.keys())
      services.driver.endAssessment(`assess-${operationId + 1}`);
    const answer = await callOf(services, call);
    answers.push(answer);
    if (answer.dueUtc === null) return { answers, calls: call };
    if (answer.dueUtc > services.nowUtc()) services.clock.nowUtc = answer.dueUtc;
  }
  throw new Error('The round never ends.');
}

const sinceMinutes = (services: FakeServices, utc: string): number =>
  (Date.parse(services.nowUtc()) - Date.parse(utc)) / 60_000;

describe('the VMs of a round advance together', () => {
  it('each is patched once, each has its outcome, and the round is then written down', async () => {
    const { services, ids } = await aRoundOf(12);
    await finish(services);
    expect(services.driver.accepted.map(({ vmId }) => vmId).sort()).toEqual([...ids].sort());
    const outcomes = await outcomesIn(services);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(12).fill('patched'));
    const record = await services.run(recordRound, { ref, claimId: claim.claimId });
    expect(record).toEqual({ gate: 'open', why: '', unhealthy: [], unclear: 0 });
  });

  it('the call in which the last of them ends writes the round down, and its repeat does, too', async () => {
    const { services } = await aRoundOf(3);
    const { answers, calls } = await finish(services);
    expect(answers.map(({ isRecorded }) => isRecorded ?? false)).toEqual([
      ...Array<boolean>(calls - 1).fill(false),
      true,
    ]);
    expect(await services.rollouts.hasRound(ROLLOUT, where)).toBe(true);
    expect(await callOf(services, calls)).toEqual(answers.at(-1));
  });

  it('INV-13: a round with a VM that is unhealthy is left to recordRound, which names it', async () => {
    const { services, ids } = await aRoundOf(3);
    services.driver.probeHealth = () =>
      Promise.resolve({ answer: 'unhealthy', because: 'the agent is gone', signals: HEALTHY });
    const { answers } = await finish(services);
    expect(answers.at(-1)?.isRecorded).toBeUndefined();
    expect(await services.rollouts.hasRound(ROLLOUT, where)).toBe(false);
    const recorded = await services.run(recordRound, { ref, claimId: claim.claimId });
    expect(recorded).toMatchObject({ unhealthy: expect.arrayContaining(ids) as unknown });
  });

  it('a hook that does not say yes after the round holds its region, with its words', async () => {
    const { services } = await aRoundOf(1);
    await finish(services);
    const hook = { name: 'smoke', on: 'afterRound' as const, url: 'https://example.org/', timeoutSeconds: 5 };
    const asking = Object.assign(services, {
      policy: { ...services.policy, hooks: [hook] },
      askHook: () => Promise.resolve({ kind: 'no' as const, why: 'The shop is slow.' }),
    });
    await asking.run(recordRound, { ref, claimId: claim.claimId });
    expect(await services.rollouts.halts(ref.rolloutId)).toMatchObject([
      { kind: 'hold', region: ref.region, why: expect.stringContaining('The shop is slow.') as string },
    ]);
  });

  it('keeps the gate of its phase shut while a hook is asked after it: the hold of its region stands first', async () => {
    const hook = { name: 'smoke', on: 'afterRound' as const, url: 'https://example.org/', timeoutSeconds: 5 };
    const { services } = await aRoundOf(1, { hooks: [hook as never] });
    await services.rollouts.savePhase(
      ROLLOUT,
      aPhase({ phase: where.phase, regions: [ref.region], vmCount: 1 }),
    );
    const gate = (): Promise<unknown> =>
      services.run(decidePhaseGate, { rolloutId: ROLLOUT, phase: where.phase });
    const gates: unknown[] = [];
    const askHook = async (): Promise<unknown> => {
      gates.push(await gate());
      return { kind: 'no', why: 'The shop is slow.' };
    };
    Object.assign(services, { askHook });
    await finish(services);
    await services.run(recordRound, { ref, claimId: claim.claimId });
    expect(await services.rollouts.halts(ROLLOUT)).toHaveLength(1);
    expect([...gates, await gate()]).toMatchObject([{ kind: 'wait' }, { kind: 'open' }]);
  });

  it('while an installation runs, one call costs one read and one write of the tables: its own row', async () => {
    const { services } = await aRoundOf(1);
    for (let call = 1; services.driver.accepted.length === 0; call += 1) {
      for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
      const { dueUtc } = await callOf(services, call);
      if (dueUtc !== null && dueUtc > services.nowUtc()) services.clock.nowUtc = dueUtc;
    }
    const asked = [
      jest.spyOn(services.operations, 'read'),
      jest.spyOn(services.rollouts, 'read'),
      jest.spyOn(services.rollouts, 'halts'),
      jest.spyOn(services.evidence, 'update'),
      jest.spyOn(services.freezes, 'list'),
    ];
    const own = [jest.spyOn(services.roundProgress, 'read'), jest.spyOn(services.roundProgress, 'write')];
    await callOf(services, 20);
    expect(asked.map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0, 0, 0]);
    expect(own.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('the row of a round is read once in each call, also when what is granted is written ahead, and when the round is recorded', async () => {
    const { services } = await aRoundOf(3);
    const read = jest.spyOn(services.roundProgress, 'read');
    const write = jest.spyOn(services.roundProgress, 'write');
    const { calls } = await finish(services);
    expect(write.mock.calls.length).toBeGreaterThan(calls);
    expect(read).toHaveBeenCalledTimes(calls);
  });

  it('the rows that say whether they may be touched are read once for all that are looked at together', async () => {
    const { services } = await aRoundOf(12);
    const read = [jest.spyOn(services.rollouts, 'haltsOf'), jest.spyOn(services.freezes, 'list')];
    await callOf(services, 1);
    expect(read.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('80 VMs that have evidence enough need about as many calls as one', async () => {
    const one = await finish((await aRoundOf(1)).services);
    const eighty = await finish((await aRoundOf(80, { evidenceFirst: 80 })).services);
    // the rest are answers that were full: 80 endings are reported over several calls
    expect(eighty.calls).toBeLessThan(one.calls + 20);
  });

  it('an answer stays under 16 KB however many VMs end at once', async () => {
    const { answers } = await finish((await aRoundOf(80)).services);
    const longest = Math.max(...answers.map((answer) => JSON.stringify(answer).length));
    expect(longest).toBeLessThan(16_000);
  });

  it("each VM's entity learns once that it is being installed, and once how it ended, with everything learnt", async () => {
    const { services, ids } = await aRoundOf(30);
    const { answers } = await finish(services);
    const reported = answers.flatMap(({ events }) => events);
    for (const id of ids) {
      const events = reported.filter(({ vmId }) => vmId === id).map(({ event }) => event);
      expect(events).toEqual([
        { kind: 'installStarted', claimId: claim.claimId },
        expect.objectContaining({ kind: 'ended', assessment: expect.anything() as unknown }),
      ]);
    }
  });

  it('a call that is repeated does nothing, and answers what it answered first', async () => {
    const { services } = await aRoundOf(3);
    const first = await callOf(services, 1);
    services.wait(3600);
    expect(await callOf(services, 1)).toEqual(first);
    expect(services.driver.assessed).toHaveLength(3);
  });

  it('INV-7: two workers with the same call at once give the same answer, and start one installation a VM', async () => {
    const { services } = await aRoundOf(5);
    for (let call = 1; call < 60; call += 1) {
      for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
      const [a, b] = await Promise.all([callOf(services, call), callOf(services, call)]);
      expect(a).toEqual(b);
      if (a.dueUtc === null) break;
      services.clock.nowUtc = a.dueUtc > services.nowUtc() ? a.dueUtc : services.nowUtc();
      for (const { vmId, ended } of services.driver.accepted)
        if (ended === null) services.driver.endInstall(vmId);
    }
    expect(services.driver.accepted).toHaveLength(5);
  });

  it('INV-11: a call that was cut off after an installation began is repeated, and follows it whatever it would decide now', async () => {
    const { services, ids } = await aRoundOf(3);
    const write = services.roundProgress.write.bind(services.roundProgress);
    let cutOff = 0;
    jest.spyOn(services.roundProgress, 'write').mockImplementation(async (id, of, progress, etag) => {
      const isCut = cutOff === 0 && progress.vms.some(({ update }) => update.kind === 'readInstall');
      if (!isCut) return write(id, of, progress, etag);
      cutOff += 1;
      throw new Error('503');
    });
    const read = services.driver.readOperation.bind(services.driver);
    jest
      .spyOn(services.driver, 'readOperation')
      .mockImplementation((id) =>
        cutOff > 0 && id.startsWith('assess') ? Promise.resolve({ kind: 'lost' }) : read(id),
      );
    let call = 1;
    while (cutOff === 0) {
      for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
      const answer = await callOf(services, call).catch(() => null);
      if (answer === null) break;
      call += 1;
      if (answer.dueUtc !== null && answer.dueUtc > services.nowUtc()) services.clock.nowUtc = answer.dueUtc;
    }
    expect(services.driver.accepted).toHaveLength(ids.length);
    await callOf(services, call);
    expect(await outcomesIn(services)).toEqual([]);
    for (const vmId of ids) services.driver.endInstall(vmId);
    for (let answer: Answer | null = null; answer?.dueUtc !== null; call += 1) {
      answer = await callOf(services, call);
      if (answer.dueUtc !== null && answer.dueUtc > services.nowUtc()) services.clock.nowUtc = answer.dueUtc;
    }
    expect((await outcomesIn(services)).map(({ kind }) => kind)).toEqual(['patched', 'patched', 'patched']);
    const ends = (await services.audit.list(ROLLOUT)).filter(({ what }) => what === 'installEnded');
    expect(ends.map(({ vmId }) => vmId).sort()).toEqual([...ids].sort());
  });

  it('a VM whose platform throws holds up no other, and ends after some hours with the reason', async () => {
    const { services, ids } = await aRoundOf(4);
    const [sick = ids[0]] = ids.slice(2, 3);
    const probe = services.driver.probeHealth.bind(services.driver);
    services.driver.probeHealth = (id) =>
      id === sick ? Promise.reject(new Error('connection reset')) : probe(id);
    await finish(services);
    const outcomes = await outcomesIn(services);
    const endedUtc = (id: VmId | undefined): string => outcomes.find(({ vmId }) => vmId === id)?.atUtc ?? '';
    expect(outcomes.find(({ vmId }) => vmId === sick)).toMatchObject({
      kind: 'failed',
      reason: 'orchestrationFailed',
      detail: expect.stringMatching('connection reset') as unknown,
    });
    expect(endedUtc(ids[0]) < '2026-11-13T04:10:00.000Z').toBe(true);
    expect(endedUtc(sick) > '2026-11-13T06:00:00.000Z').toBe(true);
    const record = await services.run(recordRound, { ref, claimId: claim.claimId });
    expect(record).toMatchObject({ unclear: 1 });
  });

  it('INV-14: at every instant no more VMs of an image family have been installed than its evidence allows', async () => {
    const { services, ids } = await aRoundOf(60);
    const start = services.driver.startInstallation.bind(services.driver);
    const allowed: [number, number][] = [];
    services.driver.startInstallation = async (id, request) => {
      const healthy = (await outcomesIn(services)).filter(({ kind }) => kind === 'patched').length;
      allowed.push([services.driver.accepted.length + 1, Math.max(5, 5 * healthy)]);
      return start(id, request);
    };
    await finish(services);
    expect(allowed).toHaveLength(ids.length);
    expect(allowed.filter(([started, max]) => started > max)).toEqual([]);
  });

  it('a bad patch meets five VMs of its family and halts; the rest are deferred with the reason', async () => {
    const { services } = await aRoundOf(40);
    services.driver.probeHealth = () =>
      Promise.resolve({ answer: 'unhealthy', because: 'the agent is gone', signals: HEALTHY });
    await finish(services);
    const outcomes = await outcomesIn(services);
    expect(services.driver.accepted).toHaveLength(5);
    expect(outcomes.filter(({ kind }) => kind === 'unhealthy')).toHaveLength(5);
    expect(outcomes.filter(({ reason }) => reason === 'evidenceLimit')).toHaveLength(35);
    expect((await services.rollouts.halts(ROLLOUT)).map(({ scope }) => scope?.kind)).toContain('rollout');
  });

  it('an installation that is refused gives its place back: five refusals do not block a family', async () => {
    const { services, ids } = await aRoundOf(12);
    services.driver.postBehaviours.push(...Array<PostBehaviour>(5).fill({ refused: 'agentNotReady' }));
    await finish(services);
    expect(services.driver.accepted).toHaveLength(ids.length - 5);
    expect(await services.rollouts.halts(ROLLOUT)).toEqual([]);
  });

  it('INV-1, INV-3: a VM that was moved to another zone since the plan is not touched under the claim of the old place', async () => {
    const { services, ids } = await aRoundOf(2);
    const [moved] = ids;
    const reading = moved && (await services.driver.readVirtualMachine(moved));
    if (!moved || !reading) throw new Error('no VM');
    services.driver.change(moved, { vm: { ...reading.vm, zone: '2' } });
    await finish(services);
    expect(services.driver.accepted.map(({ vmId }) => vmId)).toEqual([ids[1]]);
    expect(await services.outcomes.read(ROLLOUT, moved)).toMatchObject({ reason: 'placeChanged' });
  });

  it('is not written down before every VM has ended', async () => {
    const { services } = await aRoundOf(2);
    await callOf(services, 1);
    await expect(services.run(recordRound, { ref, claimId: claim.claimId })).rejects.toThrow(/not over/);
  });

  it('the first look is at the moment of the first call', async () => {
    const { services, ids } = await aRoundOf(1);
    services.driver.change(ids[0] ?? ('' as VmId), { powerState: 'deallocated' });
    expect(await callOf(services, 1)).toMatchObject({ dueUtc: null });
    expect(await outcomesIn(services)).toEqual([
      expect.objectContaining({ kind: 'deferred', reason: 'poweredOff', atUtc: IN_THE_WINDOW }),
    ]);
  });
});
