import { decidePhaseGate } from '../../activities/decidePhaseGate';
import { askAfterRound } from '../../activities/rollout/askHooks';
import { tellResults } from '../../activities/round/roundEvidence';
import { ImageFamily } from '../../domain/imageFamily';
import { phaseIdOf } from '../../domain/phaseId';
import { grantRound } from '../../domain/rolloutEvidence';
import { vmsOf } from '../support/builders';
import { aPhase, aRecord, counts, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';

const PHASE = phaseIdOf(2);
const REF = {
  rolloutId: ROLLOUT,
  phase: PHASE,
  region: 'eastus',
  stage: 'zone-1',
  group: 'batch-1',
  round: 1,
};
const vms = vmsOf(2);

/** The host dies instead of the first row that it writes to the audit, or (`half`) after its reservation. */
function dyingAtTheAudit(services: FakeServices, half = false): FakeServices {
  const { audit, store } = services;
  let died = false;
  const append: typeof audit.append = async (chain, key, row) => {
    if (died) return audit.append(chain, key, row);
    died = true;
    if (half) await store.table('audit').insert(chain, `k~${key}`, { afterSeq: 0, row });
    throw new Error('the host dies');
  };
  return Object.assign(services, { audit: { ...audit, append } });
}

/** Once to the crash, and twice more. */
async function repeated(step: () => Promise<unknown>): Promise<void> {
  await expect(step()).rejects.toThrow('the host dies');
  await step();
  await step();
}

const standing = async (services: FakeServices): Promise<readonly string[]> =>
  (await services.rollouts.halts(ROLLOUT)).map(({ haltId }) => haltId).sort();

const audited = async (services: FakeServices): Promise<readonly string[]> =>
  (await services.audit.list(ROLLOUT))
    .filter(({ what }) => what === 'halted' || what === 'held')
    .map(({ subject }) => subject)
    .sort();

describe('INV-11: a halt whose writer died before it was in the audit, which notifies, is in it once', () => {
  it.each([
    ['', false],
    [', which has its reservation', true],
  ])('on evidence%s', async (_, half) => {
    const services = dyingAtTheAudit(await someServices({ control: { vmCount: 1000 } }), half);
    const family = ImageFamily.parse('redhat:rhel:8');
    await services.evidence.update(ROLLOUT, (before) => {
      const asked = vms.map((_, place) => ({ place, family }));
      return grantRound(before, 'claim', asked, { ...services.policy, canaryVms: 0 }).evidence;
    });
    const unhealthy = vms.map(({ id: vmId }) => ({
      vmId,
      update: {
        kind: 'ended',
        outcomeKind: 'unhealthy',
        reason: 'unhealthyAfterUpdate',
        family,
        result: 'unhealthy',
        endedUtc: services.nowUtc(),
      } as const,
    }));
    await repeated(() =>
      tellResults({ ...services, evidence: { ...services.evidence } }, REF, 'claim', unhealthy),
    );
    expect(await standing(services)).not.toEqual([]);
    expect(await audited(services)).toEqual(await standing(services));
  });

  it('at the gate of a phase', async () => {
    const services = dyingAtTheAudit(await someServices());
    await services.rollouts.savePhase(ROLLOUT, aPhase({ phase: PHASE }));
    await services.rollouts.saveRound(
      ROLLOUT,
      aRecord({ phase: PHASE, counts: counts({ failed: 9, deferred: 1 }) }),
    );
    await repeated(() => services.run(decidePhaseGate, { rolloutId: ROLLOUT, phase: PHASE }));
    expect(await standing(services)).toEqual(['phase-2.all.gate-0']);
    expect(await audited(services)).toEqual(await standing(services));
  });

  it('of a hook', async () => {
    const hook = {
      name: 'smoke',
      on: 'afterRound',
      url: 'https://hooks',
      timeoutSeconds: 10,
      answerMinutes: 60,
    };
    const services = dyingAtTheAudit(await someServices({ vms, policy: { hooks: [hook as never] } }));
    Object.assign(services, { askHook: () => Promise.resolve({ kind: 'no', why: 'It is red.' }) });
    await repeated(() => askAfterRound(services, REF, vms));
    expect(await standing(services)).toEqual(['phase-2.eastus.zone-1.batch-1.1.hook-smoke']);
    expect(await audited(services)).toEqual(await standing(services));
  });
});
