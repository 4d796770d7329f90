import { recordBake } from '../../activities/recordBake';
import type { z } from 'zod';
import type * as contracts from '../../activities/contracts';
import type { HealthSignals } from '../../domain/health';

import { imageFamilyOf } from '../../domain/imageFamily';
import { phaseIdOf } from '../../domain/phaseId';
import {
  addBakeSeen,
  addRoundResults,
  closeRound,
  grantRound,
  noRolloutEvidence,
} from '../../domain/rolloutEvidence';
import { defaultPolicy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import { HEALTHY } from '../support/fakeDriver';
import {
  aRound,
  outcomesIn,
  ROLLOUT,
  someServices,
  WINDOW_OPENS,
  type FakeServices,
} from '../support/fakeServices';

type Answer = z.output<typeof contracts.recordBake.output>;

const PHASE = phaseIdOf(2);
const INPUT = { rolloutId: ROLLOUT, phase: PHASE, from: null, again: null, isLast: false };

const DEAD: HealthSignals = { ...HEALTHY, resourceHealth: 'unavailable' };
const SILENT: HealthSignals = { ...HEALTHY, vmAgent: 'notReady' };

/** A phase whose VMs were all patched and healthy after their soak, and its evidence. */
async function patchedPhase(vms: readonly VirtualMachine[]): Promise<FakeServices> {
  const services = await someServices({ vms, control: { vmCount: vms.length } });
  const rounds = [];
  for (let start = 0; start < vms.length; start += 40)
    rounds.push(
      aRound({
        phase: PHASE,
        round: 1 + start / 40,
        vmIds: vms.slice(start, start + 40).map(({ id }) => id),
      }),
    );
  await services.plans.addRounds(ROLLOUT, rounds);
  const atUtc = services.nowUtc();
  await services.outcomes.save(
    ROLLOUT,
    vms.map(({ id: vmId, region }) => ({
      vmId,
      kind: 'patched' as const,
      reason: 'installed' as const,
      detail: '',
      atUtc,
      phase: PHASE,
      region,
      installation: null,
    })),
  );
  await services.evidence.update(ROLLOUT, () => {
    const policy = { ...defaultPolicy, evidenceFirst: vms.length };
    const asked = vms.map((vm, place) => ({ place, family: imageFamilyOf(vm) }));
    const results = vms.map((vm, place) => ({
      vm: vm.id,
      place,
      kind: 'healthy' as const,
      atUtc,
      region: vm.region,
      family: imageFamilyOf(vm),
      patches: [],
    }));
    const { evidence } = grantRound(noRolloutEvidence, 'claim', asked.slice(0, 80), policy);
    const counted = addRoundResults(evidence, 'claim', results.slice(0, 80), policy);
    return closeRound(counted, 'claim', (place) => vms[place]?.id ?? null);
  });
  services.wait(1800);
  return services;
}

function show(services: FakeServices, vms: readonly VirtualMachine[], signals: HealthSignals): void {
  for (const { id } of vms) services.driver.change(id, { signals });
}

const judge = async (services: FakeServices, over: object = {}): Promise<Answer> =>
  (await services.run(recordBake, { ...INPUT, ...over })) as Answer;

const ofFamily = async (services: FakeServices, [vm]: readonly VirtualMachine[]): Promise<unknown> => {
  if (vm === undefined) throw new Error('a VM');
  return (await services.evidence.read(ROLLOUT)).families[imageFamilyOf(vm)];
};

const halts = async (services: FakeServices): Promise<string[]> =>
  (await services.rollouts.halts(ROLLOUT)).map(({ haltId }) => haltId);

const kindsIn = async (services: FakeServices): Promise<string[]> =>
  (await outcomesIn(services)).map(({ kind }) => kind).sort();

describe('R-204: a VM that dies half an hour after its reboot', () => {
  it('is unhealthy after the bake, and counts against its image family', async () => {
    const vms = vmsOf(20);
    const services = await patchedPhase(vms);
    show(services, vms.slice(7, 8), DEAD);
    const answer = await judge(services);
    expect(answer).toMatchObject({
      next: null,
      probed: 20,
      unknown: [],
      unhealthy: [{ vmId: vms[7]?.id, event: { kind: 'ended' } }],
    });
    expect(await kindsIn(services)).toEqual([...Array<string>(19).fill('patched'), 'unhealthy']);
    expect(await ofFamily(services, vms)).toMatchObject({ healthyCount: 19, unhealthyCount: 1 });
    expect(await halts(services)).toEqual([]);
  });

  it('is named again when the answer that named it was lost, so that its set is held; it is counted once', async () => {
    const vms = vmsOf(20);
    const services = await patchedPhase(vms);
    show(services, vms.slice(7, 8), DEAD);
    const lost = await judge(services);
    services.wait(30);
    expect(await judge(services)).toEqual(lost);
    expect(await ofFamily(services, vms)).toMatchObject({ healthyCount: 19, unhealthyCount: 1 });
  });

  it('is one of two: the family halts, before the next phase', async () => {
    const vms = vmsOf(20);
    const services = await patchedPhase(vms);
    show(services, vms.slice(7, 9), DEAD);
    await judge(services);
    const family = vms[0] === undefined ? '' : imageFamilyOf(vms[0]);
    expect(await halts(services)).toContain(`evidence.firstResultsUnhealthy.${family}.1`);
  });

  it('and was of the canary halts the rollout', async () => {
    const vms = vmsOf(20);
    const services = await patchedPhase(vms);
    show(services, vms.slice(0, 1), DEAD);
    await judge(services);
    expect(await halts(services)).toEqual(['evidence.canaryUnhealthy.rollout.1']);
  });

  it('counts once, however often it is judged', async () => {
    const vms = vmsOf(20);
    const services = await patchedPhase(vms);
    show(services, vms.slice(7, 8), DEAD);
    const before = await services.outcomes.list(ROLLOUT);
    await judge(services);
    // A host that crashed before the outcome was written finds the VM patched, and judges it again.
    const crashed = {
      ...services,
      outcomes: {
        ...services.outcomes,
        read: (): Promise<unknown> => Promise.resolve(before.find(({ vmId }) => vmId === vms[7]?.id)),
      },
    };
    await recordBake.handler(crashed as never)({ ...INPUT, again: [vms[7]?.id] });
    expect(await ofFamily(services, vms)).toMatchObject({ healthyCount: 19, unhealthyCount: 1 });
  });
});

describe('INV-10: a VM that is silent after the bake', () => {
  it('is asked again, and counts as unhealthy when its time is up', async () => {
    const vms = vmsOf(3);
    const services = await patchedPhase(vms);
    show(services, vms.slice(1, 2), SILENT);
    const first = await judge(services);
    expect(first).toMatchObject({ unknown: [vms[1]?.id], unhealthy: [] });
    expect(await kindsIn(services)).toEqual(['patched', 'patched', 'patched']);
    const last = await judge(services, { again: first.unknown, isLast: true });
    expect(last).toMatchObject({ probed: 1, unknown: [], unhealthy: [{ vmId: vms[1]?.id }] });
    expect((await services.outcomes.read(ROLLOUT, vms[1]?.id as never))?.reason).toBe('unknownTooLong');
  });

  it('and was stopped by its owner, or deleted, says nothing', async () => {
    const vms = vmsOf(3);
    const services = await patchedPhase(vms);
    show(services, vms.slice(0, 1), { ...HEALTHY, powerState: 'deallocated' });
    services.driver.remove(vms[1]?.id as never);
    expect(await judge(services)).toMatchObject({ unknown: [], unhealthy: [] });
    expect(await kindsIn(services)).toEqual(['patched', 'patched', 'patched']);
  });
});

describe('the look through a phase', () => {
  it('goes on where the call before ended, leaves out no VM, and answers in under 16 KB when all are dead', async () => {
    const vms = vmsOf(95, (n) => ({ name: `vm-${n}-${'x'.repeat(58)}`, resourceGroup: 'g'.repeat(90) }));
    const services = await patchedPhase(vms);
    show(services, vms, DEAD);
    const seen: string[] = [];
    let from: Answer['next'] = null;
    do {
      const answer: Answer = await judge(services, { from });
      expect(JSON.stringify(answer).length).toBeLessThan(16_000);
      seen.push(...answer.unhealthy.map(({ vmId }) => vmId));
      from = answer.next;
    } while (from !== null);
    expect(seen).toHaveLength(95);
    expect(new Set(seen).size).toBe(95);
  });

  it('takes some hundred VMs a call', async () => {
    const vms = vmsOf(400);
    const services = await patchedPhase(vms);
    const first = await judge(services);
    expect(first.probed).toBe(320);
    expect((await judge(services, { from: first.next })).next).toBeNull();
  });

  it('judges nothing more in a rollout that was cancelled', async () => {
    const vms = vmsOf(3);
    const services = await patchedPhase(vms);
    show(services, vms, DEAD);
    await services.rollouts.update(ROLLOUT, (row) => ({ ...row, mode: 'cancelled' }));
    expect(await judge(services)).toMatchObject({ probed: 0, unhealthy: [] });
  });
});

describe('R-204: VMs that die after their soak, in a large phase', () => {
  const vms = vmsOf(400);
  const every = (step: number): VirtualMachine[] => vms.filter((_, n) => n % step === 10).slice(0, 6);

  /** Until the whole phase has been looked at. */
  async function judgeAll(services: FakeServices): Promise<void> {
    let from: Answer['next'] = null;
    do ({ next: from } = await judge(services, { from }));
    while (from !== null);
  }

  it('are no alarm when they are as few as a good patch leaves behind: the healthy ones of the look count, too', async () => {
    const services = await patchedPhase(vms);
    show(services, every(60), DEAD);
    await judgeAll(services);
    expect((await services.evidence.read(ROLLOUT)).rollout).toMatchObject({ unhealthyCount: 6 });
    expect(await halts(services)).toEqual([]);
  });

  it('are an alarm when they are too many for those that were looked at', async () => {
    const services = await patchedPhase(vms);
    show(services, vms.slice(50, 58), DEAD);
    await judgeAll(services);
    expect((await halts(services)).join()).toContain('sequentialTest');
  });

  it('are an alarm when there are a few in each of several phases', () => {
    const family = imageFamilyOf(vmsOf(1)[0] ?? aVm());
    const look = (before: typeof noRolloutEvidence, phase: number): typeof noRolloutEvidence =>
      addBakeSeen(
        before,
        {
          bakedTo: [`phase-${phase}`, 'row', 40],
          healthy: [{ family, region: 'eastus', count: 38 }],
          turned: vms
            .slice(phase * 2, phase * 2 + 2)
            .map(({ id: vm, region }) => ({ vm, family, region, atUtc: WINDOW_OPENS })),
        },
        defaultPolicy,
      );
    const sums = [1, 2, 3, 4].map((last) => {
      let seen = noRolloutEvidence;
      for (let phase = 1; phase <= last; phase += 1) seen = look(seen, phase);
      return seen.rollout.cusumMax;
    });
    expect(sums.map((sum) => sum >= Math.log(1000))).toEqual([false, false, false, true]);
  });

  it('are counted as they were when a call is repeated', async () => {
    const services = await patchedPhase(vms);
    show(services, every(60), DEAD);
    const first = await judge(services);
    const once = await services.evidence.read(ROLLOUT);
    expect(await judge(services)).toEqual(first);
    expect(await services.evidence.read(ROLLOUT)).toEqual(once);
  });
});
