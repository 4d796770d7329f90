import { advanceRound } from '../../activities/advanceRound';
import { decidePhaseGate } from '../../activities/decidePhaseGate';
import { recordRound } from '../../activities/recordRound';
import { subscriptionKey, type Disruption } from '../../domain/disruption';
import { addSeconds } from '../../domain/instants';
import { PhaseId } from '../../domain/phaseId';
import type { OutcomeReason } from '../../domain/reasons';
import { VmUpdate } from '../../domain/vmUpdate';
import { aSet } from '../support/builders';
import { aDisruption } from '../support/claims';
import { aPhase, IN_THE_WINDOW, ROLLOUT, WINDOW_CLOSES, type FakeServices } from '../support/fakeServices';
import { aRoundOf, roundInput, START_BY } from '../support/rolloutScene';

const { ref } = roundInput;
const where = { ...ref, phase: PhaseId.parse(ref.phase) };
const claim = { claimId: 'round-1', startByUtc: START_BY, closesUtc: WINDOW_CLOSES };
const dueUtc = addSeconds(IN_THE_WINDOW, 300);

const HOUR_OF_LOOKS = 7; // the first after 30 minutes, the others every five
const assessment = {
  status: 'Succeeded',
  assessmentActivityId: 'a',
  rebootPending: false,
  criticalAndSecurityPatchCount: 1,
  otherPatchCount: 0,
  startTime: IN_THE_WINDOW,
  lastModifiedTime: IN_THE_WINDOW,
  error: null,
};
const open = { dueUtc, failures: 0, assessment, family: 'ubuntu' };
const installing = (polls = HOUR_OF_LOOKS): unknown => ({
  ...open,
  kind: 'readInstall',
  sinceUtc: IN_THE_WINDOW,
  giveUpUtc: WINDOW_CLOSES,
  polls,
});
const watched = { ...open, kind: 'probe', installation: null, soakedUtc: dueUtc, silentUtc: WINDOW_CLOSES };
const ended = (outcomeKind = 'patched', reason: OutcomeReason = 'installed'): unknown => {
  const result = outcomeKind === 'patched' ? 'healthy' : 'unproven';
  return { kind: 'ended', outcomeKind, reason, family: 'ubuntu', result, endedUtc: IN_THE_WINDOW };
};

interface Left {
  readonly services: FakeServices;
  readonly found: Disruption | undefined;
}

/** A round of 20 VMs, of which so many are patched, and the rest are as given: what its next call leaves. */
async function left(
  of: readonly unknown[],
  over: Partial<Disruption> & { readonly isAsked?: false } = {},
): Promise<Left> {
  const { isAsked, ...place } = over;
  const { services, ids } = await aRoundOf(20);
  const updates = [...Array.from({ length: ids.length - of.length }, () => ended()), ...of];
  const vms = ids.map((vmId, n) => ({ vmId, update: VmUpdate.parse(updates[n]) }));
  const regions = ['eastus'];
  await services.rollouts.savePhase(ROLLOUT, aPhase({ phase: where.phase, regions, vmCount: 20 }));
  await services.roundProgress.write(
    ROLLOUT,
    claim.claimId,
    { call: 1, answer: { dueUtc, events: [] }, vms },
    null,
  );
  const [vmId] = ids;
  const known = vmId === undefined ? null : await services.inventory.read(vmId);
  const subscription = subscriptionKey(known?.subscriptionId ?? '');
  const subscriptions = [
    { subscription, count: 20, max: 40 },
    { subscription: 'other', count: 1, max: 2 },
  ];
  const disruption = aDisruption({ count: 20, subscriptions, ...place });
  const asked = { ref, claim, disruption, call: 2 };
  const answer = await services.run(
    advanceRound,
    isAsked === false ? asked : { ...asked, leavesStragglers: true },
  );
  return { services, found: (answer as { stragglers?: Disruption }).stragglers };
}

const slow = [installing(), installing()];

describe('stragglers: what a batch does not wait for', () => {
  it('are installations that take an hour, when nine of ten VMs of the round have their outcome', async () => {
    expect((await left(slow)).found).toMatchObject({ count: 2, region: 'eastus' });
    expect((await left([installing()])).found).toMatchObject({ count: 1 });
    expect((await left([...slow, installing()])).found).toBeUndefined();
    expect((await left([installing(), installing(HOUR_OF_LOOKS - 1)])).found).toBeUndefined();
    expect((await left(slow, { isAsked: false })).found).toBeUndefined();
  });

  it('INV-15: keep their part of the shares of their subscriptions, and of a budget all that the round took', async () => {
    const budgets = [{ budget: 'shop', count: 4, max: 5 }];
    const { found } = await left(slow, { budgets });
    expect(found?.subscriptions).toMatchObject([{ count: 2, max: 40 }]);
    expect(found?.budgets).toEqual(budgets);
  });

  it('INV-13: are none in an availability set', async () => {
    expect((await left(slow, { availabilitySetId: aSet('web') })).found).toBeUndefined();
  });

  it('INV-10: are no VMs that are watched after their update, however long', async () => {
    expect((await left([installing(), watched])).found).toBeUndefined();
  });

  it('are none where VMs of the round speak against the next ones, or may still be installing', async () => {
    const silent = ended('unhealthy', 'unknownTooLong');
    expect((await left([...Array<unknown>(6).fill(silent), installing()])).found).toBeUndefined();
    const unclear = ended('failed', 'orchestrationFailed');
    expect((await left([unclear, installing()])).found).toBeUndefined();
  });

  it('are not waited for by the gate of their phase, and are counted once', async () => {
    const { services } = await left(slow);
    const gate = await services.run(decidePhaseGate, { rolloutId: ROLLOUT, phase: where.phase });
    expect(gate).toMatchObject({ kind: 'open' });
    const found = await services.roundProgress.read(ROLLOUT, claim.claimId);
    const vms = found?.progress.vms.map(({ vmId }) => ({ vmId, update: VmUpdate.parse(ended()) })) ?? [];
    const answer = { dueUtc: null, events: [] };
    await services.roundProgress.write(ROLLOUT, claim.claimId, { call: 3, answer, vms }, found?.etag ?? null);
    await services.run(recordRound, { ref, claimId: claim.claimId });
    const totals = await services.rollouts.phaseTotals(ROLLOUT, where.phase);
    expect(totals).toMatchObject({ counts: { patched: 20 } });
    expect(totals).not.toHaveProperty('underWay');
  });
});
