import { closeRollout } from '../../activities/closeRollout';
import { decidePhaseGate } from '../../activities/decidePhaseGate';
import { endRounds } from '../../activities/endRounds';
import { recordRound } from '../../activities/recordRound';
import { recordWait } from '../../activities/recordWait';
import { wakeWaits } from '../../activities/rollout/wake';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import type { VmUpdate } from '../../domain/vmUpdate';
import { vmsOf } from '../support/builders';
import {
  aPhase,
  aRecord,
  aRound,
  someServices,
  counts,
  IN_THE_WINDOW,
  WINDOW_CLOSES,
  ROLLOUT,
  type FakeServices,
} from '../support/fakeServices';

const ENDS = '2026-12-08T18:00:00.000Z';
const patched: VmUpdate = {
  kind: 'ended',
  outcomeKind: 'patched',
  reason: 'installed',
  family: null,
  result: null,
  endedUtc: IN_THE_WINDOW,
};
const PHASE_2 = phaseIdOf(2);
const CATCH_UP = PhaseId.parse('catchup-2026-11-14t2210');

const wait = (services: FakeServices, topic: string, instanceId: string, untilUtc = ENDS): Promise<unknown> =>
  services.run(recordWait, { rolloutId: ROLLOUT, topic, instanceId, untilUtc });

/** A phase of ten VMs, and everything that waits for it. */
async function inPhase(vmCount = 10): Promise<FakeServices> {
  const services = await someServices();
  await services.rollouts.savePhase(ROLLOUT, aPhase({ phase: PHASE_2, vmCount }));
  await wait(services, 'gate~phase-2', 'gate-2');
  await wait(services, 'gate~phase-3', 'gate-3');
  await wait(services, 'control', 'go');
  await wait(services, 'completion', 'completion');
  return services;
}

async function record(
  services: FakeServices,
  phase: PhaseId,
  updates: readonly VmUpdate[],
): Promise<unknown> {
  const { region, stage, group, round } = aRound();
  const claimId = `${phase}-round`;
  const vms = vmsOf(10).slice(0, updates.length);
  const progress = {
    call: 1,
    answer: { dueUtc: null, events: [] },
    vms: vms.map(({ id: vmId }, n) => ({ vmId, update: updates[n] ?? patched })),
  };
  await services.roundProgress.write(ROLLOUT, claimId, progress, null);
  return services.run(recordRound, {
    ref: { rolloutId: ROLLOUT, phase, region, stage, group, round },
    claimId,
  });
}

describe('a round that is written down', () => {
  it('wakes the gate of its phase, and no other wait, once the evidence is enough', async () => {
    const services = await inPhase();
    await record(services, PHASE_2, Array<VmUpdate>(9).fill(patched));
    expect(services.woken).toEqual(['gate-2']);
  });

  it('wakes nothing while the evidence is not enough: most rounds change no answer', async () => {
    const services = await inPhase();
    await record(services, PHASE_2, Array<VmUpdate>(8).fill(patched));
    expect(services.woken).toEqual([]);
  });

  it('wakes nothing after the gate has opened', async () => {
    const services = await inPhase();
    await services.rollouts.saveRound(ROLLOUT, aRecord({ phase: PHASE_2, counts: counts({ patched: 10 }) }));
    await services.run(decidePhaseGate, { rolloutId: ROLLOUT, phase: PHASE_2 });
    await record(services, PHASE_2, [patched]);
    expect(services.woken).toEqual([]);
  });

  it('of a catch-up wakes the end of the month when no second chance is left', async () => {
    const [vm] = vmsOf(1);
    const services = await inPhase();
    if (vm === undefined) throw new Error('There is no VM.');
    const outcome = { vmId: vm.id, reason: 'poweredOff', detail: '', atUtc: IN_THE_WINDOW } as const;
    const place = { phase: PHASE_2, region: 'eastus', installation: null };
    await services.outcomes.save(ROLLOUT, [{ ...outcome, ...place, kind: 'deferred' }]);
    await record(services, CATCH_UP, [patched]);
    expect(services.woken).toEqual([]);
    await services.outcomes.save(ROLLOUT, [{ ...outcome, ...place, kind: 'patched', reason: 'installed' }]);
    await record(services, CATCH_UP, [patched]);
    expect(services.woken).toEqual(['completion']);
  });
});

describe('rounds that cannot run any more', () => {
  it('wake the gate of their phase, too', async () => {
    const services = await inPhase();
    const round = aRound({ phase: PHASE_2, vmIds: vmsOf(10).map(({ id }) => id) });
    await services.plans.addRounds(ROLLOUT, [round]);
    const { phase, region, stage } = round;
    await services.run(endRounds, {
      rolloutId: ROLLOUT,
      phase,
      region,
      stage,
      group: 'batch-1',
      done: [],
      reason: 'superseded',
    });
    expect(services.woken).toEqual(['gate-2']);
  });
});

describe('the end of a rollout', () => {
  it('wakes whatever still waits', async () => {
    const services = await inPhase();
    await services.run(closeRollout, { rolloutId: ROLLOUT });
    expect([...services.woken].sort()).toEqual(['completion', 'gate-2', 'gate-3', 'go']);
  });
});

describe('a wait', () => {
  it('is woken once: it registers again before it sleeps again', async () => {
    const services = await inPhase();
    await wakeWaits(services, ROLLOUT, 'control');
    await wakeWaits(services, ROLLOUT, 'control');
    expect(services.woken).toEqual(['go']);
    await wait(services, 'control', 'go');
    await wakeWaits(services, ROLLOUT, 'control');
    expect(services.woken).toEqual(['go', 'go']);
  });

  it('that has ended by itself is not woken', async () => {
    const services = await someServices();
    await wait(services, 'control', 'go', WINDOW_CLOSES);
    services.wait(24 * 3600);
    await wakeWaits(services, ROLLOUT, null);
    expect(services.woken).toEqual([]);
  });

  it('of many is woken with all the others', async () => {
    const services = await someServices();
    for (let n = 0; n < 250; n += 1) await wait(services, 'control', `go-${n}`);
    await wakeWaits(services, ROLLOUT, 'control');
    expect(new Set(services.woken).size).toBe(250);
  });
});

describe('a gate that waits', () => {
  it('says when time alone may decide it, and after that instant no more', async () => {
    const services = await inPhase();
    const gate = { rolloutId: ROLLOUT, phase: PHASE_2 };
    const nextUtc = '2026-11-16T03:00:00.000Z'; // three days after the phase began
    expect(await services.run(decidePhaseGate, gate)).toMatchObject({ kind: 'wait', nextUtc });
    services.wait(4 * 24 * 3600);
    expect(await services.run(decidePhaseGate, gate)).toMatchObject({ kind: 'wait', nextUtc: null });
  });
});
