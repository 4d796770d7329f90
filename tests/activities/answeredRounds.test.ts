import { closeRoundEvidence, forgiveAnswered, tellResults } from '../../activities/round/roundEvidence';
import type { StoppedScope } from '../../domain/evidenceRules';
import { ImageFamily } from '../../domain/imageFamily';
import { phaseIdOf } from '../../domain/phaseId';
import { grantRound } from '../../domain/rolloutEvidence';
import { decideRollout } from '../../operatorApi/decideRollout';
import type { VmProgress } from '../../activities/round/roundSteps';
import { vmsOf } from '../support/builders';
import { ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { roundInput } from '../support/rolloutScene';

const REF = { ...roundInput.ref, phase: phaseIdOf(2) };
const FAMILY = ImageFamily.parse('canonical:ubuntu:22_04');
const OTHER = ImageFamily.parse('redhat:rhel:8');

/** A round of VMs of one family, all of which may be installed. */
async function granted(services: FakeServices, claimId: string, count: number): Promise<void> {
  await services.evidence.update(ROLLOUT, (before) => {
    const asked = vmsOf(count).map((_, place) => ({ place, family: FAMILY }));
    return grantRound(before, claimId, asked, { ...services.policy, canaryVms: 0 }).evidence;
  });
}

/** So many of the VMs of a round are unhealthy, from its first one on. */
function unhealthy(services: FakeServices, count: number): VmProgress[] {
  return vmsOf(count).map(({ id: vmId }) => ({
    vmId,
    update: {
      kind: 'ended',
      outcomeKind: 'unhealthy',
      reason: 'unhealthyAfterUpdate',
      family: FAMILY,
      result: 'unhealthy',
      endedUtc: services.nowUtc(),
    },
  }));
}

/** Two VMs of the round are unhealthy, and the rollout halts. */
async function haltedInTheMiddle(vmCount: number): Promise<FakeServices> {
  const services = await someServices({ control: { vmCount: 1_000 } });
  await granted(services, 'claim', vmCount);
  await tellResults(services, REF, 'claim', unhealthy(services, 2));
  expect(await open(services)).not.toEqual([]);
  return services;
}

const resume = (services: FakeServices): Promise<void> =>
  decideRollout(services, ROLLOUT, 'resume', { by: 'ann', reason: 'Two old VMs.' });

const open = async (services: FakeServices): Promise<readonly string[]> =>
  (await services.rollouts.halts(ROLLOUT))
    .filter(({ decision }) => decision === null)
    .map(({ haltId }) => haltId);

const ROUND_HALTED = `evidence.roundUnhealthy.${FAMILY.replace(/_/g, '-')}`;

describe('a round whose unhealthy VMs a person has answered for while it ran', () => {
  it('halts for none of them again when it closes, however often that is repeated', async () => {
    const services = await haltedInTheMiddle(2);
    await resume(services);
    for (let call = 1; call <= 2; call += 1)
      await closeRoundEvidence(services, REF, 'claim', unhealthy(services, 2));
    expect(await open(services)).toEqual([]);
  });

  it('halts for one more that is unhealthy since, at the same instant, too', async () => {
    const services = await haltedInTheMiddle(3);
    await resume(services);
    await closeRoundEvidence(services, REF, 'claim', unhealthy(services, 3));
    expect(await open(services)).toEqual([`${ROUND_HALTED}.1`]);
  });

  it('halts once: what a person answers of its own halt is not asked by a repeat', async () => {
    const services = await someServices({ control: { vmCount: 1_000 } });
    await granted(services, 'claim', 2);
    await closeRoundEvidence(services, REF, 'claim', unhealthy(services, 2));
    expect(await open(services)).toContain(`${ROUND_HALTED}.1`);
    await resume(services);
    await closeRoundEvidence(services, REF, 'claim', unhealthy(services, 2));
    expect(await open(services)).toEqual([]);
  });

  it('halts where the answered halts were of another family and another region: they say nothing of these', async () => {
    const services = await haltedInTheMiddle(2);
    const others: readonly StoppedScope[] = [
      { kind: 'family', family: OTHER },
      { kind: 'region', region: 'westus' },
    ];
    for (const [n, scope] of others.entries())
      await services.rollouts.addHalt(ROLLOUT, {
        haltId: `evidence.sequentialTest.other.${n}`,
        kind: 'halt',
        phase: REF.phase,
        region: null,
        why: 'unhealthy',
        atUtc: services.nowUtc(),
        decision: { kind: 'resume', by: 'ann', reason: 'old VMs', atUtc: services.nowUtc() },
        scope,
      });
    await forgiveAnswered(services, ROLLOUT);
    await closeRoundEvidence(services, REF, 'claim', unhealthy(services, 2));
    expect(await open(services)).toContain(`${ROUND_HALTED}.1`);
  });

  it('halts where more were unhealthy since than are kept by name', async () => {
    const services = await haltedInTheMiddle(23);
    await resume(services);
    await services.evidence.update(ROLLOUT, (before) => ({
      ...before,
      families: {
        [FAMILY]: {
          ...before.families[FAMILY],
          unhealthyVms: vmsOf(40)
            .slice(20)
            .map(({ id }) => id),
        } as never,
      },
    }));
    await closeRoundEvidence(services, REF, 'claim', unhealthy(services, 2));
    expect(await open(services)).toContain(`${ROUND_HALTED}.1`);
  });
});
