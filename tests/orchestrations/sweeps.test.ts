import type { Claim, Impairment } from '../../domain/ledger';
import type { HealthAnswer } from '../../domain/health';
import { VmId } from '../../domain/ids';
import { assessBatch } from '../../orchestrations/assessBatch';
import { assessmentSweep } from '../../orchestrations/assessmentSweep';
import { catchUpSweep } from '../../orchestrations/catchUpSweep';
import { inventorySweep } from '../../orchestrations/inventorySweep';
import { ledgerSweep } from '../../orchestrations/ledgerSweep';
import { assessVm } from '../../orchestrations/assessVm';
import { aSet, aVm, vmsOf } from '../support/builders';
import { aDisruption, anImpairment, inSet } from '../support/claims';
import { anAssessment } from '../support/fakeDriver';
import { WINDOW_CLOSES, WINDOW_OPENS, ROLLOUT } from '../support/fakeServices';
import { after, failsAfter, replay, type Run } from '../support/replay';
import { ENDS, pace, START_BY, vmId } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

type Activities = NonNullable<Scene['activities']>;
type Children = NonNullable<Scene['children']>;

const SWEEP = '2026-11-14T03:10:00.000Z';
const at = { input: { sweepUtc: SWEEP }, nowUtc: SWEEP };

const aClaim = (claimId: string, disruption = aDisruption()): Claim => ({
  claimId,
  kind: 'rollout',
  disruption,
  startByUtc: START_BY,
  expiresUtc: WINDOW_CLOSES,
});

describe('the sweep of assessments', () => {
  const sweep = (calls: number, children: Children): Promise<Run> => {
    let asked = 0;
    return replay(assessmentSweep, {
      ...at,
      instanceId: 'assessmentSweep-2026-11-14T03:10',
      activities: {
        collectDueAssessments: ({ call }) => ({ batch: `batch ${call}`, more: (asked += 1) < calls }),
      },
      children,
    });
  };

  it('R-107: assesses what is due, in batches side by side, and waits for every one', async () => {
    const run = await sweep(2, {
      assessBatch: (_, id) =>
        id.endsWith('batch-1') ? after(600, { assessed: 30, failed: 0 }) : failsAfter(60, 'lost'),
    });
    expect(run.output).toMatchObject({
      assessed: 30,
      failed: 0,
      because: expect.stringContaining('lost') as unknown,
    });
    expect(run.of('assessBatch')).toEqual([{ batch: 'batch 0' }, { batch: 'batch 1' }]);
  });

  it('of a very large fleet starts no more batches than an episode may; the rest is due within the hour', async () => {
    const run = await sweep(500, { assessBatch: () => ({ assessed: 30, failed: 0 }) });
    expect(run.failure).toBeNull();
    expect(run.of('assessBatch')).toHaveLength(80);
  });
});

describe('the sweep of the inventory', () => {
  it('asks the platform which VMs there are, and warns of what it does not believe', async () => {
    const notBelieved = [{ subscriptionId: 's', why: 'It lists no VM.' }];
    const run = await replay(inventorySweep, {
      ...at,
      activities: {
        refreshInventory: () => ({ vmCount: 7, added: 0, changed: 0, gone: 0, remaining: 0, notBelieved }),
      },
    });
    expect(run.output).toEqual({ vmCount: 7 });
    expect(run.of('refreshInventory')).toEqual([{ nowUtc: SWEEP, accept: false }]);
  });

  const stepsOf = async (remaining: readonly number[]): ReturnType<typeof replay> => {
    const left = [...remaining];
    return replay(inventorySweep, {
      input: { sweepUtc: SWEEP, accept: true },
      nowUtc: SWEEP,
      activities: {
        refreshInventory: () => ({
          vmCount: 12_000,
          added: 5000,
          changed: 0,
          gone: 0,
          remaining: left.shift() ?? 0,
          notBelieved: [],
        }),
      },
    });
  };

  it('writes a large fleet in steps, until nothing is left', async () => {
    const run = await stepsOf([7000, 2000, 0]);
    expect(run.of('refreshInventory')).toHaveLength(3);
    expect(run.output).toEqual({ vmCount: 12_000 });
  });

  it('ends, and fails, when a step gets no further', async () => {
    const run = await stepsOf([7000, 7000, 7000]);
    expect(run.of('refreshInventory')).toHaveLength(2);
    expect(run.failure).toMatch(/7000 changes of the inventory were not written/);
  });
});

describe('the sweep of second chances', () => {
  const regionsOf = (count: number): { rolloutId: typeof ROLLOUT; region: string; endsUtc: string }[] =>
    Array.from({ length: count }, (_, n) => ({ rolloutId: ROLLOUT, region: `region-${n}`, endsUtc: ENDS }));
  const sweep = (looks: number, regions: number): Promise<Run> => {
    let looked = 0;
    return replay(catchUpSweep, {
      ...at,
      instanceId: 'catchUpSweep-2026-11-14T03:10',
      activities: {
        collectSecondChances: () => {
          const more = (looked += 1) < looks;
          return { more, catchUps: more ? [] : regionsOf(regions), pace };
        },
      },
      children: { catchUp: () => after(3600, { rounds: 1 }) },
    });
  };

  it('R-111, R-804: hands those that can be reached to catch-ups under the id of their rollout, all regions at once', async () => {
    const run = await sweep(1, 3);
    expect(run.output).toEqual({ regions: 3 });
    expect(run.of('catchUp')[0]).toMatchObject({
      rolloutId: ROLLOUT,
      region: 'region-0',
      endsUtc: ENDS,
      kind: 'catchUp',
      phase: 'catchup-2026-11-14t0310',
    });
    const started = run.calls.filter(({ name }) => name === 'catchUp');
    expect(new Set(started.map(({ atUtc }) => atUtc))).toEqual(new Set([SWEEP]));
  });

  it('looks until none is due any more, however many there are, and continues as new on the way', async () => {
    const run = await sweep(101, 1);
    expect(run.generations).toHaveLength(1);
    expect(run.of('collectSecondChances')).toHaveLength(101);
    expect(run.output).toEqual({ regions: 1 });
  });

  it('schedules no more than an episode may', async () => {
    const run = await sweep(1, 90);
    expect(run.failure).toBeNull();
    expect(run.of('catchUp')).toHaveLength(90);
  });
});

/** A sweep of one ledger in which there is what is said. */
function tidied(
  ledger: { suspects?: Claim[]; impairments?: Impairment[]; expiresUtc?: string | null },
  activities: Activities = {},
  keys: readonly string[] = ['eastus'],
): Promise<Run> {
  return replay(ledgerSweep, {
    ...at,
    instanceId: 'ledgerSweep-2026-11-14T03:10',
    activities: {
      listDueLedgers: () => ({
        claimGraceSeconds: 5400,
        ledgers: keys.map((key) => ({ key, dueUtc: SWEEP, etag: 'e' })),
      }),
      recordLedgersDue: () => ({}),
      ...activities,
    },
    entities: {
      disruptionLedger: (operation) => {
        if (operation === 'inspect') return { suspects: [], impairments: [], expiresUtc: null, ...ledger };
        return operation === 'release' ? { released: true } : { impaired: 0 };
      },
    },
  });
}

const dueOf = (run: Run): unknown =>
  (run.of('recordLedgersDue')[0] as { ledgers: { dueUtc: string }[] }).ledgers.map(({ dueUtc }) => dueUtc);

describe('the sweep of ledgers', () => {
  it('asks all that are due at once', async () => {
    const run = await tidied({}, {}, ['eastus', 'northeurope', 'japaneast']);
    const asked = run.calls.filter(({ name }) => name === 'disruptionLedger.inspect');
    expect(asked.map(({ id, atUtc }) => [id, atUtc])).toEqual([
      ['eastus', SWEEP],
      ['northeurope', SWEEP],
      ['japaneast', SWEEP],
    ]);
  });

  it.each([
    [
      'within the hour while something was found',
      { impairments: [anImpairment('web', { vmId })] },
      '2026-11-14T04:00:00.000Z',
    ],
    [
      'when the next claim can become suspect',
      { expiresUtc: '2026-11-14T11:00:00.000Z' },
      '2026-11-14T12:30:00.000Z',
    ],
    ['in a day when it is empty: also when no rollout uses it any more', {}, '2026-11-15T00:00:00.000Z'],
  ])('comes back %s', async (_when, ledger, dueUtc) => {
    const healthy = { answer: 'unhealthy' as const, because: '', atUtc: SWEEP, gone: false };
    expect(dueOf(await tidied(ledger, { probeHealth: () => healthy }))).toEqual([dueUtc]);
  });
});

describe('a suspect claim', () => {
  const withLedger = (
    inFlight: (claimId: string) => number,
    suspects = [aClaim('dead'), aClaim('overrunning')],
    unproven: VmId[] = [],
  ): Promise<Run> =>
    tidied(
      { suspects },
      {
        settleClaim: ({ claim }) => ({ inFlight: inFlight(claim.claimId), overrun: false, unproven }),
      },
    );

  it('INV-13: of a set is freed, but whoever was not proven healthy under it goes on holding the set', async () => {
    const run = await withLedger(() => 0, [aClaim('dead', inSet('web', 1))], [vmId]);
    const held = { vmId, availabilitySetId: aSet('web'), region: 'eastus', sinceUtc: SWEEP };
    expect(run.of('disruptionLedger.release')).toMatchObject([{ claimId: 'dead', impaired: [held] }]);
  });

  it('of a very large set is freed in messages that stay small', async () => {
    const vmIds = vmsOf(80).map(({ id }) => id);
    const run = await withLedger(() => 0, [aClaim('dead', inSet('web', 1))], vmIds);
    const held = run.of('disruptionLedger.release') as { impaired: Impairment[] }[];
    expect(held.map(({ impaired }) => impaired.length)).toEqual([30, 30, 20]);
    expect(held.flatMap(({ impaired }) => impaired.map((one) => one.vmId))).toEqual(vmIds);
  });

  it('outside of sets is freed for good: no VM there is held by the health of another', async () => {
    const run = await withLedger(() => 0, [aClaim('dead')], [vmId]);
    expect(run.of('disruptionLedger.release')).toMatchObject([{ claimId: 'dead', impaired: [] }]);
  });

  it('is freed only when the driver says that nothing is in flight under it', async () => {
    const run = await withLedger((claimId) => (claimId === 'dead' ? 0 : 1));
    expect(run.of('disruptionLedger.release')).toMatchObject([{ claimId: 'dead', impaired: [] }]);
  });

  it('is looked for after the grace of the policy', async () => {
    const run = await withLedger(() => 1);
    expect(run.of('disruptionLedger.inspect')).toEqual([{ nowUtc: SWEEP, graceSeconds: 5400 }]);
    expect(run.of('disruptionLedger.release')).toEqual([]);
  });
});

describe('INV-13: a VM that holds its set', () => {
  const impairment = anImpairment('web', { vmId });
  const probing = (answer: HealthAnswer, gone = false, more: object = {}): Promise<Run> =>
    tidied(
      { impairments: [impairment] },
      {
        probeHealth: (_, nowUtc) => ({ answer, because: '', atUtc: nowUtc, gone, ...more }),
      },
    );

  it('is healed when it is found healthy again', async () => {
    expect((await probing('healthy')).of('disruptionLedger.heal')).toEqual([{ vmIds: [vmId] }]);
  });

  it('is healed when it does not exist any more', async () => {
    expect((await probing('stopped', true)).of('disruptionLedger.heal')).toEqual([{ vmIds: [vmId] }]);
  });

  it('holds it while it is not there and still listed: whether it was moved or deleted the next listing shows', async () => {
    expect((await probing('stopped', true, { listed: true })).of('disruptionLedger.heal')).toEqual([]);
  });

  it('holds its set after both were moved to another group, under the names that they have there', async () => {
    const { availabilitySetId, region } = impairment;
    const movedTo = { vmId: VmId.parse(`${vmId}-moved`), availabilitySetId, region };
    const run = await probing('unhealthy', false, { movedTo });
    expect(run.of('disruptionLedger.follow')).toEqual([{ from: vmId, to: movedTo }]);
    expect((await probing('healthy', false, { movedTo })).of('disruptionLedger.heal')).toEqual([
      { vmIds: [vmId] },
    ]);
  });

  it('and cannot be asked keeps no other ledger from being tidied', async () => {
    const run = await tidied(
      { impairments: [impairment] },
      {
        probeHealth: () => {
          throw new Error('Azure does not answer');
        },
      },
      ['eastus', 'northeurope'],
    );
    expect(run.failure).toBeNull();
    expect(dueOf(run)).toHaveLength(2);
  });

  it.each(['unhealthy', 'unknown', 'stopped'] as const)('holds it as long as it is %s', async (answer) => {
    expect((await probing(answer)).of('disruptionLedger.heal')).toEqual([]);
  });
});

describe('assessments', () => {
  it('of a batch go on, call after call when they are due, until each has ended', async () => {
    const dueAt = ['2026-11-13T03:15:00.000Z', '2026-11-13T03:30:00.000Z', null];
    const run = await replay(assessBatch, {
      input: { batch: 'a' },
      nowUtc: WINDOW_OPENS,
      activities: {
        advanceAssessments: ({ call }) => ({
          dueUtc: dueAt[call - 1] ?? null,
          assessed: call === 3 ? 2 : 0,
          failed: 1,
          because: 'The VM is stopped.',
        }),
      },
    });
    expect(run.output).toEqual({ assessed: 2, failed: 1, because: 'The VM is stopped.' });
    expect(run.of('advanceAssessments')).toEqual([
      { batch: 'a', call: 1, nowUtc: WINDOW_OPENS },
      { batch: 'a', call: 2, nowUtc: dueAt[0] },
      { batch: 'a', call: 3, nowUtc: dueAt[1] },
    ]);
    expect(run.calls.filter(({ kind }) => kind === 'signal')).toEqual([]); // what was found stands in the tables
  });

  const person = (activities: Activities): Promise<Run> =>
    replay(assessVm, {
      input: { vmId: aVm().id, pace },
      nowUtc: '2026-11-13T16:00:00.000Z',
      activities: {
        startAssessment: () => ({ kind: 'started', operationId: 'a', retryAfterSeconds: null }),
        collectAssessment: () => ({ kind: 'assessed', summary: anAssessment() }),
        ...activities,
      },
    });

  it('R-901, R-903: that a person asks for at any time are read, and install nothing', async () => {
    const run = await person({});
    expect(run.output).toMatchObject({ assessed: true });
    expect(run.names).toEqual(['startAssessment', 'collectAssessment']);
  });

  it('that a person asks for are asked for again when the platform says, and given up in the end', async () => {
    let asked = 0;
    const run = await person({
      startAssessment: () =>
        (asked += 1) === 1
          ? { kind: 'refused', code: 'throttled', message: '429', retryAfterSeconds: 600 }
          : { kind: 'started', operationId: 'a', retryAfterSeconds: null },
      collectAssessment: () => ({ kind: 'running' }),
    });
    expect(run.output).toMatchObject({ assessed: false, message: 'The assessment did not end in time.' });
    expect(run.calls.filter(({ name }) => name === 'startAssessment').map(({ atUtc }) => atUtc)).toEqual([
      '2026-11-13T16:00:00.000Z',
      '2026-11-13T16:10:00.000Z',
    ]);
    expect(run.endedUtc).toBe('2026-11-13T17:00:00.000Z');
  });
});
