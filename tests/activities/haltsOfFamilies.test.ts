import { tellResults } from '../../activities/round/roundEvidence';
import { decideRollout } from '../../operatorApi/decideRollout';
import { phaseIdOf } from '../../domain/phaseId';
import { ImageFamily } from '../../domain/imageFamily';
import { grantRound } from '../../domain/rolloutEvidence';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { vmsOf } from '../support/builders';
import { ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { roundInput } from '../support/rolloutScene';

const REF = { ...roundInput.ref, phase: phaseIdOf(2) };

/** A round in which every VM is unhealthy after its update, behind the canary. */
async function unhealthyRound(
  services: FakeServices,
  claimId: string,
  family: string,
  vms: readonly VirtualMachine[],
): Promise<void> {
  const of = ImageFamily.parse(family);
  await services.evidence.update(ROLLOUT, (before) => {
    const asked = vms.map((_, place) => ({ place, family: of }));
    return grantRound(before, claimId, asked, { ...services.policy, canaryVms: 0 }).evidence;
  });
  await tellResults(
    services,
    REF,
    claimId,
    vms.map(({ id: vmId }) => ({
      vmId,
      update: {
        kind: 'ended',
        outcomeKind: 'unhealthy',
        reason: 'unhealthyAfterUpdate',
        family: of,
        result: 'unhealthy',
        endedUtc: services.nowUtc(),
      },
    })),
  );
}

const halted = async (services: FakeServices): Promise<unknown[]> =>
  (await services.rollouts.halts(ROLLOUT)).map(({ haltId, scope }) => [haltId, scope]);

const ofFamily = (family: string): unknown => ({ kind: 'family', family });

describe('the halt of an image family', () => {
  it.each([
    ['redhat:rhel:8.1', 'redhat:rhel:8', 'redhat:rhel:8'],
    ['canonical:ubuntu:20_04-lts', 'canonical:ubuntu:20-04-lts', 'canonical:ubuntu:20-04-lts'],
  ])(
    'keeps no family from a halt of its own that is named alike: %s, then %s',
    async (first, second, name) => {
      const services = await someServices({ control: { vmCount: 1000 } });
      await unhealthyRound(services, 'one', first, vmsOf(2));
      await unhealthyRound(services, 'two', second, vmsOf(2));
      const rule = 'evidence.firstResultsUnhealthy';
      expect(await halted(services)).toEqual(
        expect.arrayContaining([
          [`${rule}.${first.replace('_', '-')}.1`, ofFamily(first)],
          [`${rule}.${name}.2`, ofFamily(second)],
        ]),
      );
    },
  );

  it('is one, however often its evidence is looked at, until a person has answered it', async () => {
    const services = await someServices({ control: { vmCount: 1000 } });
    await unhealthyRound(services, 'one', 'redhat:rhel:8', vmsOf(2));
    await unhealthyRound(services, 'two', 'redhat:rhel:8', vmsOf(2));
    const firstOnes = (await services.rollouts.halts(ROLLOUT)).filter(({ haltId }) =>
      haltId.includes('firstResults'),
    );
    expect(firstOnes).toHaveLength(1);
  });

  it('is forgiven when the decision was cut off before that', async () => {
    const services = await someServices({ control: { vmCount: 1000 } });
    await unhealthyRound(services, 'one', 'redhat:rhel:8', vmsOf(2));
    const evidence = { ...services.evidence, update: () => Promise.reject(new Error('cut off')) };
    const said = decideRollout({ ...services, evidence }, ROLLOUT, 'resume', { by: 'ann', reason: 'odd' });
    await expect(said).rejects.toThrow('cut off');
    await unhealthyRound(services, 'two', 'redhat:rhel:8', vmsOf(1));
    const { families } = await services.evidence.read(ROLLOUT);
    expect(families['redhat:rhel:8']?.unhealthyCount).toBe(0);
  });

  it('comes again for VMs that are unhealthy after a person said «go on»: what was not seen is not forgiven', async () => {
    const services = await someServices({ control: { vmCount: 1000 } });
    await unhealthyRound(services, 'one', 'redhat:rhel:8', vmsOf(2));
    await decideRollout(services, ROLLOUT, 'resume', { by: 'ann', reason: 'two odd VMs' });
    await unhealthyRound(services, 'two', 'redhat:rhel:8', vmsOf(2));
    const open = (await services.rollouts.halts(ROLLOUT)).filter(({ decision }) => decision === null);
    expect(open.map(({ scope }) => scope)).toContainEqual(ofFamily('redhat:rhel:8'));
  });
});
