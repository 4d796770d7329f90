import type { Claim, Impairment } from '../../domain/ledger';
import type { HealthAnswer } from '../../domain/health';
import type { VmId } from '../../domain/ids';
import { assessBatch } from '../../orchestrations/assessBatch';
import { assessmentSweep } from '../../orchestrations/assessmentSweep';
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
const plan = { catchUps: [], pace, ledgers: [], claimGraceSeconds: 5400 };

const aClaim = (claimId: string, disruption = aDisruption()): Claim => ({
  claimId,
  kind: 'rollout',
  disruption,
  startByUtc: START_BY,
  expiresUtc: WINDOW_CLOSES,
});

const caughtUp = (region: string): { rolloutId: typeof ROLLOUT; region: string; endsUtc: string } => ({
  rolloutId: ROLLOUT,
  region,
  endsUtc: ENDS,
});

const chunksOf = (count: number): { from: string; before: string }[] =>
  Array.from({ length: count }, (_, n) => ({ from: `${n}`, before: `${n + 1}` }));

/** A sweep with nothing to do, but for what is said. */
function sweep(
  activities: Activities = {},
  children: Children = {},
  ledger: { suspects?: Claim[]; impairments?: Impairment[] } = {},
): Promise<Run> {
  return replay(assessmentSweep, {
    input: { sweepUtc: SWEEP },
    nowUtc: SWEEP,
    instanceId: 'sweep-2026-11-14T03',
    activities: {
      planCatchUps: () => plan,
      listDueAssessments: () => ({ chunks: [] }),
      collectOutdatedExtensions: () => ({ vmIds: [] }),
      ...activities,
    },
    children,
    entities: {
      disruptionLedger: (operation) => {
        if (operation === 'inspect') return { suspects: [], impairments: [], ...ledger };
        return operation === 'release' ? { released: true } : { impaired: 0 };
      },
    },
  });
}

describe('the hourly sweep', () => {
  it('plans second chances, lists what is due and what is behind; when there is nothing it does nothing', async () => {
    const run = await sweep();
    expect(run.output).toEqual({ assessed: 0, caughtUpRegions: 0 });
    expect(run.names).toEqual(['planCatchUps', 'listDueAssessments', 'collectOutdatedExtensions']);
  });

  it('R-107: assesses what is due, in batches side by side', async () => {
    const chunks = [
      { from: 'a', before: 'b' },
      { from: 'b', before: 'c' },
    ];
    const run = await sweep(
      { listDueAssessments: () => ({ chunks }) },
      {
        assessBatch: ({ from }) =>
          from === 'a' ? after(600, { assessed: 30, failed: 0 }) : failsAfter(60, 'lost'),
      },
    );
    expect(run.output).toEqual({ assessed: 30, caughtUpRegions: 0 });
    expect(run.of('assessBatch')).toEqual(
      chunks.map((chunk) => expect.objectContaining({ ...chunk, nowUtc: SWEEP }) as unknown),
    );
  });

  it('R-703: updates extensions that are behind', async () => {
    const run = await sweep(
      { collectOutdatedExtensions: () => ({ vmIds: [vmId] }) },
      { enableVm: () => ({ enabled: true, detail: '' }) },
    );
    expect(run.of('enableVm')).toEqual([
      expect.objectContaining({ vmId, endsUtc: '2026-11-17T03:10:00.000Z' }),
    ]);
  });

  it('R-111, R-804: hands second chances to catch-ups under the id of their rollout', async () => {
    const run = await sweep(
      { planCatchUps: () => ({ ...plan, catchUps: [caughtUp('eastus')] }) },
      { catchUp: () => ({ rounds: 1 }) },
    );
    expect(run.output).toEqual({ assessed: 0, caughtUpRegions: 1 });
    expect(run.of('catchUp')).toEqual([
      expect.objectContaining({
        rolloutId: ROLLOUT,
        region: 'eastus',
        endsUtc: ENDS,
        kind: 'catchUp',
        phase: 'catchup-2026-11-14t0310',
      }),
    ]);
  });

  it("gives every sweep's smaller plan a name of its own", async () => {
    const run = await sweep();
    expect(run.of('planCatchUps')).toMatchObject([{ nowUtc: SWEEP, phase: 'catchup-2026-11-14t0310' }]);
  });

  it('starts everything at once: a catch-up whose window is open waits for no assessment and no extension', async () => {
    const run = await sweep(
      {
        planCatchUps: () => ({ ...plan, catchUps: [caughtUp('eastus')] }),
        listDueAssessments: () => ({ chunks: chunksOf(2) }),
        collectOutdatedExtensions: () => ({ vmIds: [vmId] }),
      },
      {
        catchUp: () => after(3600, { rounds: 1 }),
        assessBatch: () => after(1800, { assessed: 30, failed: 0 }),
        enableVm: () => after(3 * 24 * 3600, { enabled: true, detail: '' }),
      },
    );
    const started = run.calls.filter(({ kind }) => kind === 'child');
    expect(started.map(({ name }) => name)).toEqual(['catchUp', 'assessBatch', 'assessBatch', 'enableVm']);
    expect(new Set(started.map(({ atUtc }) => atUtc))).toEqual(new Set([SWEEP]));
    expect(run.output).toEqual({ assessed: 60, caughtUpRegions: 1 });
  });

  it.each([
    { regions: 0, chunks: 10, extensions: 40 },
    { regions: 3, chunks: 60, extensions: 17 },
    { regions: 3, chunks: 300, extensions: 0 },
    { regions: 80, chunks: 300, extensions: 0 },
  ])('of a large fleet schedules no more than an episode may, catch-ups first: %o', async (given) => {
    const regions = Array.from({ length: given.regions }, (_, n) => `region-${n}`);
    const vmIds = vmsOf(100).map(({ id }) => id);
    const run = await sweep(
      {
        planCatchUps: ({ regionsMax }) => ({
          ...plan,
          catchUps: regions.slice(0, regionsMax).map(caughtUp),
        }),
        listDueAssessments: () => ({ chunks: chunksOf(given.chunks) }),
        collectOutdatedExtensions: ({ vmsMax }) => ({ vmIds: vmIds.slice(0, vmsMax) }),
      },
      {
        catchUp: () => ({ rounds: 1 }),
        assessBatch: () => ({ assessed: 30, failed: 0 }),
        enableVm: () => ({ enabled: true, detail: '' }),
      },
    );
    expect(run.failure).toBeNull();
    expect(run.of('catchUp')).toHaveLength(given.regions);
    expect(run.of('assessBatch')).toHaveLength(Math.min(given.chunks, 80 - given.regions));
    expect(run.of('enableVm')).toHaveLength(given.extensions);
    expect(run.of('planCatchUps')).toMatchObject([{ regionsMax: 80 }]);
  });

  it('asks all ledgers at once', async () => {
    const run = await replay(assessmentSweep, {
      input: { sweepUtc: SWEEP },
      nowUtc: SWEEP,
      instanceId: 'sweep-2026-11-14T03',
      activities: {
        planCatchUps: () => ({ ...plan, ledgers: ['eastus', 'northeurope', 'japaneast'] }),
        listDueAssessments: () => ({ chunks: [] }),
        collectOutdatedExtensions: () => ({ vmIds: [] }),
      },
      entities: { disruptionLedger: () => after(60, { suspects: [], impairments: [] }) },
    });
    const asked = run.calls.filter(({ kind }) => kind === 'entity');
    expect(asked.map(({ id, atUtc }) => [id, atUtc])).toEqual([
      ['eastus', SWEEP],
      ['northeurope', SWEEP],
      ['japaneast', SWEEP],
    ]);
    expect(run.output).toEqual({ assessed: 0, caughtUpRegions: 0 });
  });
});

describe('a suspect claim', () => {
  const withLedger = (
    inFlight: (claimId: string) => number,
    suspects = [aClaim('dead'), aClaim('overrunning')],
    unproven: VmId[] = [],
  ): Promise<Run> =>
    sweep(
      {
        planCatchUps: () => ({ ...plan, ledgers: ['eastus'] }),
        settleClaim: ({ claim }) => ({ inFlight: inFlight(claim.claimId), overrun: false, unproven }),
      },
      {},
      { suspects },
    );

  it('INV-13: of a set is freed, but whoever was not proven healthy under it goes on holding the set', async () => {
    const run = await withLedger(() => 0, [aClaim('dead', inSet('web', 1))], [vmId]);
    const held = { vmId, availabilitySetId: aSet('web'), region: 'eastus', sinceUtc: SWEEP };
    expect(run.of('disruptionLedger.release')).toEqual([{ claimId: 'dead', impaired: [held] }]);
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
    expect(run.of('disruptionLedger.release')).toEqual([{ claimId: 'dead', impaired: [] }]);
  });

  it('is freed only when the driver says that nothing is in flight under it', async () => {
    const run = await withLedger((claimId) => (claimId === 'dead' ? 0 : 1));
    expect(run.of('disruptionLedger.release')).toEqual([{ claimId: 'dead', impaired: [] }]);
  });

  it('is looked for after the grace of the policy', async () => {
    const run = await withLedger(() => 1);
    expect(run.of('disruptionLedger.inspect')).toEqual([{ nowUtc: SWEEP, graceSeconds: 5400 }]);
    expect(run.of('disruptionLedger.release')).toEqual([]);
  });
});

describe('INV-13: a VM that holds its set', () => {
  const impairment = anImpairment('web', { vmId });
  const probing = (answer: HealthAnswer, gone = false): Promise<Run> =>
    sweep(
      {
        planCatchUps: () => ({ ...plan, ledgers: ['eastus'] }),
        probeHealth: (_, nowUtc) => ({ answer, because: '', atUtc: nowUtc, gone }),
      },
      {},
      { impairments: [impairment] },
    );

  it('is healed when it is found healthy again', async () => {
    expect((await probing('healthy')).of('disruptionLedger.heal')).toEqual([{ vmIds: [vmId] }]);
  });

  it('is healed when it does not exist any more', async () => {
    expect((await probing('stopped', true)).of('disruptionLedger.heal')).toEqual([{ vmIds: [vmId] }]);
  });

  it('and cannot be asked keeps no other VM from a second chance', async () => {
    const run = await sweep(
      {
        planCatchUps: () => ({ ...plan, ledgers: ['eastus'], catchUps: [caughtUp('eastus')] }),
        probeHealth: () => {
          throw new Error('Azure does not answer');
        },
      },
      { catchUp: () => ({ rounds: 1 }) },
      { impairments: [impairment] },
    );
    expect(run.failure).toBeNull();
    expect(run.of('catchUp')).toHaveLength(1);
  });

  it.each(['unhealthy', 'unknown', 'stopped'] as const)('holds it as long as it is %s', async (answer) => {
    expect((await probing(answer)).of('disruptionLedger.heal')).toEqual([]);
  });
});

describe('assessments', () => {
  const range = { nowUtc: WINDOW_OPENS, from: 'a', before: 'b', pace };
  const [one, two, three] = vmsOf(3).map(({ id }) => ({ vmId: id, operationId: `assess-${id}` }));
  if (!one || !two || !three) throw new Error('three VMs');
  const batch = (activities: Activities): Promise<Run> =>
    replay(assessBatch, {
      input: range,
      nowUtc: WINDOW_OPENS,
      activities: {
        readDueAssessments: () => ({ vmIds: [one.vmId, two.vmId, three.vmId] }),
        startAssessments: () => ({ started: [one, two, three], refused: [], retryAfterSeconds: null }),
        ...activities,
      },
    });

  it('of a batch start together, and each VM is signalled as soon as its own is there', async () => {
    let reads = 0;
    const run = await batch({
      collectAssessments: ({ operations }) => {
        reads += 1;
        const [done, ...running] = operations;
        if (!done) throw new Error('nothing to read');
        return { running, assessed: [{ vmId: done.vmId, summary: anAssessment() }], failed: [] };
      },
    });
    expect(run.output).toEqual({ assessed: 3, failed: 0 });
    expect(reads).toBe(3);
    expect(run.of('virtualMachine.apply')).toHaveLength(3);
    expect(run.of('collectAssessments')[0]).toMatchObject({ due: { from: 'a', before: 'b' } });
  });

  it('that fail, are refused or never end are counted as failed', async () => {
    const run = await batch({
      startAssessments: () => ({
        started: [one, two],
        retryAfterSeconds: null,
        refused: [{ vmId: three.vmId, code: 'notRunning', message: 'The VM is stopped.' }],
      }),
      collectAssessments: ({ operations }) => ({
        running: operations.filter(({ vmId: id }) => id === one.vmId),
        assessed: [],
        failed: operations
          .filter(({ vmId: id }) => id === two.vmId)
          .map(({ vmId: id }) => ({ vmId: id, message: 'no' })),
      }),
    });
    expect(run.output).toEqual({ assessed: 0, failed: 3 });
    expect(run.endedUtc).toBe('2026-11-13T04:00:00.000Z');
  });

  it('for want of VMs are not begun', async () => {
    const run = await batch({ readDueAssessments: () => ({ vmIds: [] }) });
    expect(run.names).toEqual(['readDueAssessments']);
  });

  it('R-901, R-903: that a person asks for at any time are recorded on the VM, and install nothing', async () => {
    const { id } = aVm();
    const run = await replay(assessVm, {
      input: { vmId: id, pace },
      nowUtc: '2026-11-13T16:00:00.000Z',
      activities: {
        startAssessments: () => ({
          started: [{ vmId: id, operationId: 'a' }],
          refused: [],
          retryAfterSeconds: null,
        }),
        collectAssessments: () => ({
          running: [],
          assessed: [{ vmId: id, summary: anAssessment() }],
          failed: [],
        }),
      },
    });
    expect(run.output).toMatchObject({ assessed: true });
    expect(run.names).toEqual(['startAssessments', 'collectAssessments', 'virtualMachine.apply']);
  });
});
