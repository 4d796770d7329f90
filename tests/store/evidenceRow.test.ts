import type { ScopeEvidence } from '../../domain/evidence';
import { RolloutId, VmId } from '../../domain/ids';
import type { RolloutEvidence } from '../../domain/rolloutEvidence';
import { evidenceStore } from '../../store/evidence';
import { memoryStore } from '../../store/memoryTable';
import { aVm } from '../support/builders';

const ROLLOUT = RolloutId.parse('rollout-2026-11');

/** No two of its numbers are alike. */
const seenFrom = (first: number, recent: ScopeEvidence['recent']): ScopeEvidence => ({
  startedCount: first,
  healthyCount: first + 1,
  unhealthyCount: first + 2,
  failedCount: first + 3,
  unprovenCount: first + 4,
  firstUnhealthyCount: first + 5,
  canaryUnhealthyCount: first + 6,
  cusum: first + 7.5,
  cusumMax: first + 8.25,
  recent,
  baked: { healthyCount: first + 9, unhealthyCount: first + 10, carried: first + 11.125 },
  unhealthyVms: recent === null ? [] : [VmId.parse(aVm({ name: 'ill' }).id)],
  unhealthyRegions: recent === null ? [] : ['westeurope'],
  patchesInCommon: recent === null ? null : ['KB5031455'],
});

const RECENT = {
  sinceUtc: '2026-11-13T04:00:00.000Z',
  today: { healthyCount: 201, unhealthyCount: 202 },
  before: { healthyCount: 203, unhealthyCount: 204 },
};

const EVIDENCE: RolloutEvidence = {
  rollout: seenFrom(0, RECENT),
  families: { 'canonical:ubuntu:22_04': seenFrom(20, null), 'microsoft:windows:2022': seenFrom(40, RECENT) },
  regions: { westeurope: seenFrom(60, RECENT) },
  waiting: ['canonical:ubuntu:22_04'],
  rounds: {
    'round-1': { started: [0, 1], results: [1], canaries: [0] },
    'round-2': { started: [0, 3, 52, 63, 64, 79], results: [], canaries: [] },
  },
  answered: ['evidence.sequentialTest.rollout.1'],
  canaryVms: [VmId.parse(aVm({ name: 'first' }).id)],
  turned: ['key-of-a-vm'],
  bakedTo: ['1', 'row', 3],
};

describe('the row of the evidence of a rollout', () => {
  it('reads in another process as it was written, every member of it', async () => {
    const store = memoryStore();
    await evidenceStore(store).update(ROLLOUT, () => EVIDENCE);
    expect(await evidenceStore(store).read(ROLLOUT)).toEqual(EVIDENCE);
  });

  it('has a scope without its names of members, since it is written for each install', async () => {
    const store = memoryStore();
    await evidenceStore(store).update(ROLLOUT, () => EVIDENCE);
    const row = await store.table('evidence').get(ROLLOUT, 'totals');
    expect(JSON.stringify(row?.value)).not.toContain('Count');
  });

  it('has the places of a full round in as many characters as a claim has', async () => {
    const store = memoryStore();
    const places = Array.from({ length: 80 }, (_, place) => place);
    const rounds = { full: { started: places, results: places, canaries: [] } };
    await evidenceStore(store).update(ROLLOUT, () => ({ ...EVIDENCE, rounds }));
    const row = await store.table('evidence').get(ROLLOUT, 'totals');
    const { full } = (row?.value as { rounds: Record<string, unknown> }).rounds;
    expect(JSON.stringify(full).length).toBeLessThan(60);
    expect((await evidenceStore(store).read(ROLLOUT)).rounds).toEqual(rounds);
  });

  it('reads the rounds of a row of before', async () => {
    const store = memoryStore();
    await evidenceStore(store).update(ROLLOUT, () => EVIDENCE);
    const table = store.table('evidence');
    const row = await table.get(ROLLOUT, 'totals');
    await table.upsert(ROLLOUT, 'totals', { ...(row?.value as object), rounds: EVIDENCE.rounds });
    expect(await evidenceStore(store).read(ROLLOUT)).toEqual(EVIDENCE);
  });
});
