import { closeRoundEvidence } from '../../activities/round/roundEvidence';
import { ImageFamily } from '../../domain/imageFamily';
import { phaseIdOf } from '../../domain/phaseId';
import { grantRound } from '../../domain/rolloutEvidence';
import type { VmUpdate } from '../../domain/vmUpdate';
import { vmsOf } from '../support/builders';
import { ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { roundInput } from '../support/rolloutScene';

type EndedUpdate = Extract<VmUpdate, { kind: 'ended' }>;

const REF = { ...roundInput.ref, phase: phaseIdOf(2) };
const FAMILY = ImageFamily.parse('canonical:ubuntu:22_04');

/** A round that has ended: so many of its installations failed, the other VMs are healthy. */
async function aRoundOf(
  services: FakeServices,
  claimId: string,
  {
    failed,
    healthy,
    unhealthy = 0,
  }: { readonly failed: number; readonly healthy: number; readonly unhealthy?: number },
): Promise<void> {
  const vms = vmsOf(failed + healthy + unhealthy);
  const endingOf = (place: number): Pick<EndedUpdate, 'outcomeKind' | 'reason' | 'result'> => {
    if (place < failed) return { outcomeKind: 'failed', reason: 'installFailed', result: 'failed' };
    if (place < failed + healthy) return { outcomeKind: 'patched', reason: 'installed', result: 'healthy' };
    return { outcomeKind: 'unhealthy', reason: 'unhealthyAfterUpdate', result: 'unhealthy' };
  };
  await services.evidence.update(ROLLOUT, (before) => {
    const asked = vms.map((_, place) => ({ place, family: FAMILY }));
    const freely = { ...services.policy, evidenceFirst: 1_000, evidenceUnderWay: 1_000 };
    return grantRound(before, claimId, asked, freely).evidence;
  });
  await closeRoundEvidence(
    services,
    REF,
    claimId,
    vms.map(({ id: vmId }, place) => ({
      vmId,
      update: { kind: 'ended', ...endingOf(place), family: FAMILY, endedUtc: services.nowUtc() },
    })),
  );
}

async function answerAll(services: FakeServices): Promise<void> {
  const decision = {
    kind: 'resume',
    by: 'ann',
    reason: 'The mirror is back.',
    atUtc: services.nowUtc(),
  } as const;
  for (const { haltId } of await services.rollouts.halts(ROLLOUT))
    await services.rollouts.decide(ROLLOUT, haltId, decision);
}

describe('a source of patches that goes bad when hundreds were installed', () => {
  it('holds the region by the first round in which many installations fail, and says of how many', async () => {
    const services = await someServices();
    await aRoundOf(services, 'claim-1', { failed: 0, healthy: 200 });
    await aRoundOf(services, 'claim-2', { failed: 4, healthy: 2 });
    expect(await services.rollouts.halts(ROLLOUT)).toEqual([]);
    await aRoundOf(services, 'claim-3', { failed: 6, healthy: 10 });
    expect(await services.rollouts.halts(ROLLOUT)).toMatchObject([
      {
        haltId: 'evidence.installsFail.eastus.1',
        kind: 'hold',
        scope: { kind: 'region', region: 'eastus' },
        why: 'installation failed on 6 of 16 VMs of one round in region eastus: a bad patch source?',
      },
    ]);
  });

  it('does not hold again for what a person has answered: only for what failed since', async () => {
    const services = await someServices();
    await aRoundOf(services, 'claim-1', { failed: 6, healthy: 0 });
    await answerAll(services);
    await aRoundOf(services, 'claim-2', { failed: 6, healthy: 10 });
    const regional = async (): Promise<number> =>
      (await services.rollouts.halts(ROLLOUT)).filter(({ scope }) => scope?.kind === 'region').length;
    expect(await regional()).toBe(1);
    services.wait(60);
    await aRoundOf(services, 'claim-3', { failed: 6, healthy: 10 });
    expect(await regional()).toBe(2);
  });

  it('says nothing of unhealthy VMs: that a person let the region go on after failures forgives none of them', async () => {
    const services = await someServices();
    await aRoundOf(services, 'claim-1', { failed: 6, healthy: 0 });
    await answerAll(services);
    await aRoundOf(services, 'claim-2', { failed: 5, healthy: 0, unhealthy: 2 });
    const kinds = (await services.rollouts.halts(ROLLOUT)).map(({ haltId }) => haltId);
    expect(kinds).toContainEqual(expect.stringContaining('roundUnhealthy'));
  });
});
