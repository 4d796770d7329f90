import type { z } from 'zod';
import type { ClaimKind } from '../../domain/ledger';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { updateDomainRollout } from '../../orchestrations/updateDomainRollout';
import { aSet, vmsOf } from '../support/builders';
import { aDisruption, inSet } from '../support/claims';
import { NIGHT_CLOSES } from '../support/fakeServices';
import { after, failsAfter, replay, type Run } from '../support/replay';
import { roundInput as slot, inRollout, ENDS } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

const ROUND = 'rollout-2026-11.1:phase-1:eastus:zone-1:batches:batch-1.1-1';
const vmIds = vmsOf(3).map(({ id }) => id);
const [first = '', second = '', third = ''] = vmIds;

type Children = NonNullable<Scene['children']>;

function round(
  over: Children = {},
  disruption = aDisruption({ count: 3 }),
  kind: z.infer<typeof ClaimKind> = 'rollout',
): Promise<Run> {
  return replay(updateDomainRollout, {
    instanceId: ROUND,
    input: { ...inRollout, ...slot, disruption, kind },
    activities: { readRound: () => ({ vmIds }), recordRound: () => ({ gate: 'open', why: '' }) },
    children: {
      awaitGo: () => ({ go: true, reason: null }),
      awaitClaim: () => ({ granted: true, rules: [] }),
      patchVm: () => after(3600, { kind: 'patched', reason: 'installed' }),
      ...over,
    },
    entities: { disruptionLedger: () => ({ released: true }) },
  });
}

const endsAs =
  (
    results: Readonly<Record<string, readonly [OutcomeKind, OutcomeReason]>>,
  ): NonNullable<Children['patchVm']> =>
  ({ vmId }) => {
    const [kind, reason] = results[vmId] ?? ['patched', 'installed'];
    return after(600, { kind, reason });
  };

const releasedWith = (run: Run): unknown =>
  (run.of('disruptionLedger.release')[0] as { impaired: { vmId: string }[] }).impaired.map(
    ({ vmId }) => vmId,
  );

describe('a round', () => {
  it('asks whether it may go, takes the claim, patches, writes the verdict down, and only then lets go', async () => {
    const { story, output } = await round();
    expect(output).toEqual({ kind: 'ran' });
    expect(story).toEqual([
      ...['awaitGo', 'awaitClaim', 'readRound', 'patchVm', 'patchVm', 'patchVm'],
      ...['recordRound', 'disruptionLedger.release'],
    ]);
  });

  it('INV-1, INV-2, INV-3: patches no VM before the claim is granted', async () => {
    const { calls } = await round({ awaitClaim: () => after(7200, { granted: true, rules: [] }) });
    const claimed = calls.find(({ name }) => name === 'awaitClaim')?.atUtc ?? '';
    for (const { atUtc } of calls.filter(({ name }) => name === 'patchVm'))
      expect(Date.parse(atUtc) - Date.parse(claimed)).toBe(7_200_000);
  });

  it('holds the claim until the last of its VMs has soaked', async () => {
    const { calls } = await round({
      patchVm: ({ vmId }) => after(vmId === second ? 9000 : 60, { kind: 'patched', reason: 'installed' }),
    });
    const at = (name: string): number => Date.parse(calls.find((call) => call.name === name)?.atUtc ?? '');
    expect(at('disruptionLedger.release') - at('patchVm')).toBe(9_000_000);
  });

  it('its own id is the id of its claim, and that of its VMs', async () => {
    const { of } = await round();
    expect(of('awaitClaim')).toEqual([expect.objectContaining({ claimId: ROUND, deadlineUtc: ENDS })]);
    expect(of('disruptionLedger.release')).toEqual([expect.objectContaining({ claimId: ROUND })]);
    const claim = { claimId: ROUND, startByUtc: slot.startByUtc, closesUtc: NIGHT_CLOSES };
    expect(of('patchVm')).toEqual(vmIds.map((vmId) => expect.objectContaining({ vmId, claim }) as unknown));
  });

  it('waits for a go and for the claim no longer than an installation would fit', async () => {
    const { of } = await round();
    for (const name of ['awaitGo', 'awaitClaim'])
      expect(of(name)).toEqual([expect.objectContaining({ untilUtc: slot.acquireByUtc })]);
  });

  it('writes down how each VM ended, in the order of the plan', async () => {
    const { of } = await round({ patchVm: endsAs({ [second]: ['deferred', 'poweredOff'] }) });
    expect(of('recordRound')).toEqual([
      {
        ...slot.ref,
        results: [
          { kind: 'patched', reason: 'installed' },
          { kind: 'deferred', reason: 'poweredOff' },
          { kind: 'patched', reason: 'installed' },
        ],
      },
    ]);
  });
});

describe('a round that does not run', () => {
  it.each(['superseded', 'rolloutCancelled', 'operatorSkipped'] as const)(
    'INV-6: because the rollout stops: it asks for no claim (%s)',
    async (reason) => {
      const { output, story } = await round({ awaitGo: () => ({ go: false, reason }) });
      expect(output).toEqual({ kind: 'stopped', reason });
      expect(story).toEqual(['awaitGo']);
    },
  );

  it('INV-9: because it was paused all night: missed', async () => {
    const { output, story } = await round({ awaitGo: () => ({ go: false, reason: null }) });
    expect(output).toEqual({ kind: 'missed', rules: [] });
    expect(story).toEqual(['awaitGo']);
  });

  it('because the claim could not be had: it takes its ticket back, and says what stood in the way', async () => {
    const { output, story, of } = await round({ awaitClaim: () => ({ granted: false, rules: ['zones'] }) });
    expect(output).toEqual({ kind: 'missed', rules: ['zones'] });
    expect(story).toEqual(['awaitGo', 'awaitClaim', 'disruptionLedger.release']);
    expect(of('disruptionLedger.release')).toEqual([{ claimId: ROUND, impaired: [] }]);
  });

  it.each(['rollout', 'catchUp'] as const)(
    'patches nobody without a claim, there is no way around the ledger: %s',
    async (kind) => {
      const refused = { awaitClaim: () => ({ granted: false, rules: ['zones'] }) };
      const { output, story } = await round(refused, undefined, kind);
      expect(output).toEqual({ kind: 'missed', rules: ['zones'] });
      expect(story).not.toContain('patchVm');
    },
  );
});

describe('INV-13: VMs that are unhealthy after their update', () => {
  const web = inSet('web', 0, { count: 3 });

  it('go on holding their set', async () => {
    const run = await round(
      {
        patchVm: endsAs({
          [first]: ['unhealthy', 'unhealthyAfterUpdate'],
          [third]: ['unhealthy', 'unknownTooLong'],
        }),
      },
      web,
    );
    expect(releasedWith(run)).toEqual([first, third]);
    expect(run.of('disruptionLedger.release')[0]).toMatchObject({
      impaired: [{ availabilitySetId: aSet('web'), region: 'eastus' }, {}],
    });
  });

  it('keep the whole claim when one lost its orchestration: it may still be installing, and the reaper asks', async () => {
    const run = await round(
      {
        patchVm: ({ vmId }) =>
          vmId === second
            ? failsAfter(5, 'out of memory')
            : after(60, { kind: 'patched', reason: 'installed' }),
      },
      web,
    );
    expect(run.of('disruptionLedger.release')).toEqual([]);
    expect(run.of('recordRound')[0]).toMatchObject({
      results: [{}, { kind: 'failed', reason: 'orchestrationFailed' }, {}],
    });
  });

  it('hold nothing outside a set', async () => {
    const run = await round({ patchVm: endsAs({ [first]: ['unhealthy', 'unhealthyAfterUpdate'] }) });
    expect(releasedWith(run)).toEqual([]);
  });

  it('are not those that merely failed to install, were deferred or skipped', async () => {
    const run = await round(
      {
        patchVm: endsAs({
          [first]: ['failed', 'patchesFailed'],
          [second]: ['deferred', 'poweredOff'],
          [third]: ['skipped', 'unhealthyBefore'],
        }),
      },
      web,
    );
    expect(releasedWith(run)).toEqual([]);
  });
});
