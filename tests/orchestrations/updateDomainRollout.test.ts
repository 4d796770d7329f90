import type { z } from 'zod';
import type { ClaimKind } from '../../domain/ledger';
import type * as activityContracts from '../../activities/contracts';
import { keyOf } from '../../domain/ids';
import { addSeconds } from '../../domain/instants';
import { updateDomainRollout } from '../../orchestrations/updateDomainRollout';
import { aSet, vmsOf } from '../support/builders';
import { aDisruption, inSet } from '../support/claims';
import { WINDOW_CLOSES } from '../support/fakeServices';
import { after, replay, type Run } from '../support/replay';
import { roundInput as slot, inRollout, ENDS } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

const ROUND = 'rollout-2026-11.1:phase-1:eastus:zone-1:batches:batch-1.1-1';
const [first = '', , third = ''] = vmsOf(3).map(({ id }) => id);

type Children = NonNullable<Scene['children']>;
type Activities = NonNullable<Scene['activities']>;
type Recorded = z.input<typeof activityContracts.recordRound.output>;
type Advanced = z.input<typeof activityContracts.advanceRound.output>;

const open: Recorded = { gate: 'open', why: '', unhealthy: [], unclear: 0 };
const paused = { kind: 'wait' as const, reason: 'rolloutPaused' as const, why: '' };
const CALL_SECONDS = 600;

/** The VMs have their outcome after so many calls, ten minutes apart. */
const endsAfter =
  (calls: number, events: Advanced['events'] = []): NonNullable<Activities['advanceRound']> =>
  ({ call }, nowUtc) => ({
    dueUtc: call >= calls ? null : new Date(Date.parse(nowUtc) + CALL_SECONDS * 1000).toISOString(),
    events: call === calls ? events : [],
  });

const claimIs = (kind: 'granted' | 'refused'): unknown =>
  kind === 'granted' ? { kind } : { kind, because: [{ rule: 'zones', by: 'other-claim' }] };

/** `claim`: what the ledger says when it is asked first. */
function round(
  over: Children & { readonly claim?: 'granted' | 'refused'; readonly grantable?: readonly string[] } = {},
  activities: Activities = {},
  disruption = aDisruption({ count: 3 }),
  kind: z.infer<typeof ClaimKind> = 'rollout',
): Promise<Run> {
  const { claim = 'granted', grantable = [], ...waits } = over;
  return replay(updateDomainRollout, {
    instanceId: ROUND,
    input: { ...inRollout, ...slot, disruption, kind },
    activities: {
      openRound: () => ({ kind: 'go' }),
      advanceRound: endsAfter(3),
      recordRound: () => open,
      lookAtSet: (asked) => ({ disruption: asked.disruption }),
      releaseWaits: () => ({}),
      ...activities,
    },
    children: {
      awaitGo: () => ({ go: true, reason: null }),
      awaitClaim: () => ({ granted: true, rules: [] }),
      ...waits,
    },
    entities: {
      disruptionLedger: (operation) =>
        operation === 'tryAcquire' ? claimIs(claim) : { released: true, grantable },
    },
  });
}

const releasedWith = (run: Run): unknown =>
  (run.of('disruptionLedger.release')[0] as { impaired: { vmId: string }[] }).impaired.map(
    ({ vmId }) => vmId,
  );

/** A round whose claim is granted. */
const scene = (activities: Activities): Pick<Scene, 'instanceId' | 'activities' | 'entities'> => ({
  instanceId: ROUND,
  activities: { openRound: () => ({ kind: 'go' }), recordRound: () => open, ...activities },
  entities: {
    disruptionLedger: (operation) =>
      operation === 'tryAcquire' ? claimIs('granted') : { released: true, grantable: [] },
  },
});

describe('a round', () => {
  it('asks whether it may go, takes the claim, advances its VMs, writes the verdict down, and only then releases the claim', async () => {
    const { names, output } = await round();
    expect(output).toEqual({ kind: 'ran' });
    expect(names).toEqual([
      'openRound',
      'disruptionLedger.tryAcquire',
      'advanceRound',
      'advanceRound',
      'advanceRound',
      'recordRound',
      'disruptionLedger.release',
    ]);
  });

  const assessed: NonNullable<Activities['openRound']> = (_, nowUtc) => ({
    kind: 'go',
    dueUtc: addSeconds(nowUtc, 300),
  });

  it('whose VMs are assessed already waits until their assessments are to be read, with the claim', async () => {
    const { calls, of } = await round({}, { openRound: assessed });
    const opened = calls.find(({ name }) => name === 'openRound')?.atUtc ?? '';
    expect(calls.find(({ name }) => name === 'advanceRound')?.atUtc).toBe(addSeconds(opened, 300));
    expect(of('advanceRound').filter((asked) => 'isLate' in (asked as object))).toEqual([]);
  });

  it('that waited for its claim looks at its VMs again, at once', async () => {
    const { calls, of } = await round(
      { claim: 'refused', awaitClaim: () => after(7200, { granted: true, rules: [] }) },
      { openRound: assessed },
    );
    const claimed = calls.find(({ name }) => name === 'awaitClaim')?.atUtc ?? '';
    expect(calls.find(({ name }) => name === 'advanceRound')?.atUtc).toBe(addSeconds(claimed, 7200));
    expect(of('advanceRound').map((asked) => 'isLate' in (asked as object))).toEqual([true, false, false]);
  });

  it('INV-1, INV-2, INV-3: installs on no VM before the claim is granted', async () => {
    const { calls } = await round({
      claim: 'refused',
      awaitClaim: () => after(7200, { granted: true, rules: [] }),
    });
    const claimed = calls.find(({ name }) => name === 'awaitClaim')?.atUtc ?? '';
    const first = calls.find(({ name }) => name === 'advanceRound')?.atUtc ?? '';
    expect(Date.parse(first) - Date.parse(claimed)).toBe(7_200_000);
  });

  it('holds the claim until the last of its VMs has its outcome', async () => {
    const { calls } = await round({}, { advanceRound: endsAfter(16) });
    const at = (name: string): number => Date.parse(calls.find((call) => call.name === name)?.atUtc ?? '');
    expect(at('disruptionLedger.release') - at('advanceRound')).toBe(15 * CALL_SECONDS * 1000);
  });

  it('its own id is the id of its claim', async () => {
    const { of } = await round();
    expect(of('disruptionLedger.tryAcquire')).toEqual([
      expect.objectContaining({
        claimId: ROUND,
        deadlineUtc: addSeconds(ENDS, 1), // of phase 1
        fence: { rolloutId: inRollout.rolloutId, epoch: 1 },
      }),
    ]);
    expect(of('disruptionLedger.release')).toEqual([expect.objectContaining({ claimId: ROUND })]);
    const claim = { claimId: ROUND, startByUtc: slot.startByUtc, closesUtc: WINDOW_CLOSES, epoch: 1 };
    expect(of('advanceRound')).toEqual(
      [1, 2, 3].map((call) => ({ ref: slot.ref, claim, disruption: aDisruption({ count: 3 }), call })),
    );
    expect(of('recordRound')).toEqual([{ ref: slot.ref, claimId: ROUND }]);
  });

  it('that was written down where its last VM ended is not written down again', async () => {
    const ended = endsAfter(3);
    const { names } = await round(
      {},
      {
        advanceRound: (asked, nowUtc) => ({
          ...(ended(asked, nowUtc) as Advanced),
          ...(asked.call === 3 && { isRecorded: true }),
        }),
      },
    );
    expect(names.slice(-2)).toEqual(['advanceRound', 'disruptionLedger.release']);
  });

  it('whose batch does not wait for stragglers ends without them: its claim covers these alone from then on, and is kept', async () => {
    const left = aDisruption({ count: 1 });
    const leaving: NonNullable<Activities['advanceRound']> = (asked, nowUtc) => ({
      ...(endsAfter(9)(asked, nowUtc) as Advanced),
      ...(asked.leavesStragglers === true && asked.call === 2 && { stragglers: left }),
    });
    const run = await replay(updateDomainRollout, {
      ...scene({ advanceRound: leaving }),
      input: { ...inRollout, ...slot, disruption: aDisruption({ count: 20 }), leavesStragglers: true },
    });
    const stragglers = { disruption: left, call: 2, claimId: ROUND, ref: slot.ref };
    expect(run.output).toMatchObject({ kind: 'ran', stragglers });
    expect(run.output).not.toHaveProperty('stragglers.leavesStragglers');
    expect(run.names.slice(-2)).toEqual(['advanceRound', 'disruptionLedger.narrow']);
    expect(run.of('disruptionLedger.narrow')).toMatchObject([{ claimId: ROUND, left }]);

    const rest = await replay(updateDomainRollout, {
      ...scene({ advanceRound: leaving }),
      instanceId: 'zone:batch-1:stragglers-1',
      input: (run.output as { stragglers: unknown }).stragglers,
    });
    expect(rest.names[0]).toBe('advanceRound');
    expect(rest.of('advanceRound')[0]).toMatchObject({
      call: 3,
      claim: { claimId: ROUND },
      disruption: left,
    });
    expect(rest.of('recordRound')).toEqual([{ ref: slot.ref, claimId: ROUND }]);
    expect(rest.of('disruptionLedger.release')).toMatchObject([{ claimId: ROUND }]);
  });

  it('wakes the rounds that wait for what it held, and that would be granted now', async () => {
    const { of, names } = await round({ grantable: ['round-2', 'round-3'] });
    expect(names.slice(-2)).toEqual(['disruptionLedger.release', 'releaseWaits']);
    expect(of('releaseWaits')).toEqual([{ instanceIds: ['round-2:claim', 'round-3:claim'] }]);
  });

  it('of a set asks what its claim may cover together with its go', async () => {
    const disruption = aDisruption({ ...inSet('web', 1), count: 3 });
    const { of, names } = await round(
      {},
      { openRound: () => ({ kind: 'go', disruption: { ...disruption, count: 1, downCount: 2 } }) },
      disruption,
    );
    expect(names).not.toContain('lookAtSet');
    const claim = { claimId: ROUND, startByUtc: slot.startByUtc, closesUtc: WINDOW_CLOSES, epoch: 1 };
    expect(of('openRound')).toEqual([{ ref: slot.ref, claim, disruption }]);
    expect(of('disruptionLedger.tryAcquire')).toEqual([
      expect.objectContaining({ disruption: { ...disruption, count: 1, downCount: 2 } }),
    ]);
  });

  it('waits for a go and for the claim no longer than an installation would fit', async () => {
    const { of } = await round({ claim: 'refused' }, { openRound: () => paused });
    for (const name of ['awaitGo', 'awaitClaim'])
      expect(of(name)).toEqual([expect.objectContaining({ untilUtc: slot.acquireByUtc })]);
  });

  it("signals to the VMs' entities what the activity learnt", async () => {
    const event = { kind: 'installStarted' as const, claimId: ROUND };
    const { calls } = await round({}, { advanceRound: endsAfter(3, [{ vmId: first, event }]) });
    const reported = calls.filter(({ kind }) => kind === 'signal');
    expect(reported).toEqual([
      expect.objectContaining({ name: 'virtualMachine.apply', id: keyOf(first), input: event }),
    ]);
  });

  it('that takes long continues as new, under the same claim, and counts its calls on', async () => {
    const { of, generations, output } = await round({}, { advanceRound: endsAfter(150) });
    expect(output).toEqual({ kind: 'ran' });
    expect(generations.map((input) => (input as { call: number }).call)).toEqual([60, 120]);
    expect(of('disruptionLedger.tryAcquire')).toHaveLength(1);
    expect(of('advanceRound').map((input) => (input as { call: number }).call)).toEqual(
      Array.from({ length: 150 }, (_, n) => n + 1),
    );
    expect(of('recordRound')).toHaveLength(1);
  });
});

describe('a round that does not run', () => {
  it.each(['superseded', 'rolloutCancelled', 'operatorSkipped'] as const)(
    'INV-6: because the rollout stops: it asks for no claim (%s)',
    async (reason) => {
      const stopped = { kind: 'stop' as const, reason };
      const atOnce = await round({}, { openRound: () => stopped });
      expect([atOnce.output, atOnce.names]).toEqual([{ kind: 'stopped', reason }, ['openRound']]);
      const { output, names } = await round(
        { awaitGo: () => ({ go: false, reason }) },
        { openRound: () => paused },
      );
      expect(output).toEqual({ kind: 'stopped', reason });
      expect(names).toEqual(['openRound', 'awaitGo']);
    },
  );

  it('INV-9: because it was paused for the whole window: missed', async () => {
    const { output, names } = await round(
      { awaitGo: () => ({ go: false, reason: null }) },
      { openRound: () => paused },
    );
    expect(output).toEqual({ kind: 'missed', rules: [] });
    expect(names).toEqual(['openRound', 'awaitGo']);
  });

  it('because the claim could not be had: it takes its ticket back, and says what stood in the way', async () => {
    const { output, names, of } = await round({
      claim: 'refused',
      awaitClaim: () => ({ granted: false, rules: ['zones'] }),
    });
    expect(output).toEqual({ kind: 'missed', rules: ['zones'] });
    expect(names).toEqual([
      'openRound',
      'disruptionLedger.tryAcquire',
      'awaitClaim',
      'disruptionLedger.release',
    ]);
    expect(of('awaitClaim')).toMatchObject([{ refused: { rules: ['zones'] } }]);
    expect(of('disruptionLedger.release')).toMatchObject([{ claimId: ROUND, impaired: [] }]);
  });

  it.each(['rollout', 'catchUp'] as const)(
    'patches no VM without a claim, there is no way around the ledger: %s',
    async (kind) => {
      const refused = {
        claim: 'refused' as const,
        awaitClaim: () => ({ granted: false, rules: ['zones'] }),
      };
      const { output, names } = await round(refused, {}, undefined, kind);
      expect(output).toEqual({ kind: 'missed', rules: ['zones'] });
      expect(names).not.toContain('advanceRound');
    },
  );
});

describe('INV-13: VMs that are unhealthy after their update', () => {
  const web = inSet('web', 0, { count: 3 });

  it('INV-1: claims no more than the members that are up leave, and works under what it claimed', async () => {
    const looked = { ...web, count: 1, downCount: 16 };
    const run = await round({}, { lookAtSet: () => ({ disruption: looked }) }, web);
    expect(run.names.slice(0, 3)).toEqual(['openRound', 'lookAtSet', 'disruptionLedger.tryAcquire']);
    expect(run.of('disruptionLedger.tryAcquire')).toEqual([expect.objectContaining({ disruption: looked })]);
    expect(run.of('advanceRound')[0]).toMatchObject({ disruption: looked });
  });

  it('INV-15: asks for no more of a budget than its members that are up leave, and works under what it claimed', async () => {
    const asked = { ...web, availabilitySetId: null, budgets: [{ budget: 'shop', count: 3, max: 3 }] };
    const looked = { ...asked, budgets: [{ budget: 'shop', count: 1, max: 1, downCount: 2 }] };
    const run = await round({}, { collectMembersDown: () => ({ disruption: looked, full: [] }) }, asked);
    expect(run.names.slice(0, 2)).toEqual(['openRound', 'collectMembersDown']);
    expect(run.of('disruptionLedger.tryAcquire')).toEqual([
      expect.not.objectContaining({ budgets: expect.anything() as unknown }),
      expect.objectContaining({
        disruption: expect.objectContaining({ budgets: [{ budget: 'shop', count: 1, max: 1 }] }) as unknown,
      }),
    ]);
    expect(run.of('advanceRound')[0]).toMatchObject({ disruption: looked });
  });

  it('INV-15: asks no ledger while members that are down use a budget up, and looks again', async () => {
    const asked = { ...web, availabilitySetId: null, budgets: [{ budget: 'shop', count: 1, max: 1 }] };
    const full = [{ budget: 'shop', down: 'shop-1' }];
    const run = await round(
      { awaitClaim: () => ({ granted: false, rules: ['budget'] }) },
      {
        collectMembersDown: () => ({ disruption: asked, full }),
      },
      asked,
    );
    expect(run.names).toContain('awaitClaim');
    expect(run.of('disruptionLedger.tryAcquire')).toEqual([]);
    expect(run.of('advanceRound')).toEqual([]);
  });

  it('goes on without the VMs of a budget that was used up until its window closed: nothing behind it waits for ever', async () => {
    const asked = { ...web, availabilitySetId: null, budgets: [{ budget: 'shop', count: 1, max: 1 }] };
    const none = { ...asked, budgets: [{ budget: 'shop', count: 0, max: 1, downCount: 1 }] };
    const run = await round(
      { awaitClaim: () => ({ granted: false, rules: ['budget'] }) },
      {
        collectMembersDown: (input) =>
          (input as { giveWay?: boolean }).giveWay === true
            ? { disruption: none, full: [] }
            : { disruption: asked, full: [{ budget: 'shop', down: 'shop-1' }] },
      },
      asked,
    );
    expect(run.of('disruptionLedger.tryAcquire')).toHaveLength(1);
    expect(run.of('advanceRound')[0]).toMatchObject({ disruption: none });
  });

  it('go on holding their set', async () => {
    const run = await round({}, { recordRound: () => ({ ...open, unhealthy: [first, third] }) }, web);
    expect(releasedWith(run)).toEqual([first, third]);
    expect(run.of('disruptionLedger.release')[0]).toMatchObject({
      impaired: [{ availabilitySetId: aSet('web'), region: 'eastus' }, {}],
    });
  });

  it('keep the whole claim when one of them may still be installing: the sweep of the ledger asks', async () => {
    const run = await round({}, { recordRound: () => ({ ...open, unclear: 1 }) }, web);
    expect(run.of('disruptionLedger.release')).toEqual([]);
    expect(run.output).toEqual({ kind: 'ran' });
  });

  it('hold nothing outside a set', async () => {
    const run = await round({}, { recordRound: () => ({ ...open, unhealthy: [first] }) });
    expect(releasedWith(run)).toEqual([]);
  });
});
