import { neededApprovals } from '../../domain/approvals';
import { phaseIdOf } from '../../domain/phaseId';
import { approvalFacts } from '../../activities/rollout/control';
import { approve, reject, withdrawApproval } from '../../operatorApi/approvals';
import { aPhase, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';

const PHASE = phaseIdOf(2);
const ANN = { by: 'ann', id: 'oid-ann', reason: 'ann says so' };
const BOB = { by: 'bob', id: 'oid-bob', reason: 'bob says so' };

/** A phase that waits for an approval. */
async function waiting(): Promise<FakeServices> {
  const services = await someServices({ policy: { approvals: [{ before: { phase: 2 }, validHours: 48 }] } });
  await services.rollouts.savePhase(ROLLOUT, aPhase({ phase: PHASE, startedUtc: null }));
  return services;
}

/** Bob looks how it stands, and before he writes Ann decides. */
function bobAfter(services: FakeServices, annDecides: () => Promise<void>): FakeServices {
  const approvals: FakeServices['rollouts']['approvals'] = async (id) => {
    const found = await services.rollouts.approvals(id);
    await annDecides();
    return found;
  };
  return { ...services, rollouts: { ...services.rollouts, approvals } };
}

async function state(services: FakeServices): Promise<unknown> {
  const facts = await approvalFacts(services, ROLLOUT);
  return facts && neededApprovals(facts, services.nowUtc())[0]?.state;
}

const lastOfAudit = async (services: FakeServices): Promise<string | undefined> =>
  (await services.audit.page(ROLLOUT, '')).value.at(-1)?.what;

describe('what two approvers say of a phase at once', () => {
  it('INV-9: a rejection is not approved by one who has not seen it; the audit says last that it stands', async () => {
    const services = await waiting();
    let isFirst = true;
    const bob = bobAfter(services, async () => {
      if (isFirst) await reject(services, ROLLOUT, PHASE, ANN);
      isFirst = false;
    });
    await expect(approve(bob, ROLLOUT, PHASE, BOB)).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' });
    expect(await state(services)).toBe('rejected');
    expect(await lastOfAudit(services)).toBe('approvalRejected');
  });

  it('an approval is not rejected by one who has not seen it', async () => {
    const services = await waiting();
    const bob = bobAfter(services, () => approve(services, ROLLOUT, PHASE, ANN));
    await expect(reject(bob, ROLLOUT, PHASE, BOB)).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' });
    expect(await state(services)).toBe('approved');
    expect(await lastOfAudit(services)).toBe('approved');
  });

  it('an approval is withdrawn once: the second who does fails, and the first reason stands', async () => {
    const services = await waiting();
    await approve(services, ROLLOUT, PHASE, ANN);
    const bob = bobAfter(services, () => withdrawApproval(services, ROLLOUT, PHASE, ANN));
    const late = withdrawApproval(bob, ROLLOUT, PHASE, BOB);
    await expect(late).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' });
    expect((await services.rollouts.approvals(ROLLOUT))[0]?.withdrawn).toMatchObject({ by: 'ann' });
  });
});
