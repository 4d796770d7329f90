import { RolloutId } from '../../domain/ids';
import { assessmentStore, batchKey, type AssessmentBatch } from '../../store/assessments';
import { evidenceStore } from '../../store/evidence';
import { LastWritten } from '../../store/lastWritten';
import { memoryStore } from '../../store/memoryTable';
import { roundProgressStore, type RoundProgress } from '../../store/roundProgress';
import type { Store, Table } from '../../store/store';

const ROLLOUT = RolloutId.parse('rollout-2026-11');
const CLAIM = 'round-1';

const progressOf = (call: number): RoundProgress => ({
  call,
  answer: { dueUtc: '2026-11-13T04:00:00.000Z', events: [] },
  vms: [],
});

const TAKEN_BY = { sweepUtc: '2026-11-13T04:00:00.000Z', call: 0 };

const batchOf = (call: number): AssessmentBatch => ({
  call,
  answer: { dueUtc: TAKEN_BY.sweepUtc, assessed: 0, failed: 0, because: null },
  startedUtc: TAKEN_BY.sweepUtc,
  moves: [],
  more: false,
  vms: [],
});

/** As a storage whose answer to a write was lost: it does not say which ETags it gave. `then` comes between. */
function withoutEtags(made: Store, then: (table: Table) => Promise<void> = () => Promise.resolve()): Store {
  return {
    table: (name) => {
      const table = made.table(name);
      return {
        ...table,
        commit: async (partition, changes) => {
          const etags = await table.commit(partition, changes);
          await then(table);
          return etags && new Map();
        },
      };
    },
  };
}

describe('what this process wrote last', () => {
  it('is not read from JSON again while its row has the same ETag', async () => {
    const rounds = roundProgressStore(memoryStore());
    const progress = progressOf(1);
    const etag = await rounds.write(ROLLOUT, CLAIM, progress, null);
    const found = await rounds.read(ROLLOUT, CLAIM);
    expect(found?.progress).toBe(progress);
    expect(found?.etag).toBe(etag);

    const evidence = evidenceStore(memoryStore());
    const after = await evidence.update(ROLLOUT, (before) => ({ ...before, waiting: ['ubuntu'] }));
    expect(await evidence.read(ROLLOUT)).toBe(after);

    const assessments = assessmentStore(memoryStore());
    await assessments.take(TAKEN_BY, batchOf(0), null);
    const taken = await assessments.readBatch(batchKey(TAKEN_BY));
    const begun = batchOf(1);
    expect(await assessments.writeBatch(batchKey(TAKEN_BY), begun, taken?.etag ?? '')).toBe(true);
    expect((await assessments.readBatch(batchKey(TAKEN_BY)))?.batch).toBe(begun);
  });

  it('is forgotten when another has written since', async () => {
    const store = memoryStore();
    const [here, there] = [roundProgressStore(store), roundProgressStore(store)];
    const etag = await here.write(ROLLOUT, CLAIM, progressOf(1), null);
    expect(await there.write(ROLLOUT, CLAIM, progressOf(2), etag)).not.toBeNull();
    expect((await here.read(ROLLOUT, CLAIM))?.progress.call).toBe(2);
    expect(await here.write(ROLLOUT, CLAIM, progressOf(3), etag)).toBeNull();

    const [mine, other] = [evidenceStore(store), evidenceStore(store)];
    await mine.update(ROLLOUT, (before) => ({ ...before, waiting: ['ubuntu'] }));
    await other.update(ROLLOUT, (before) => ({ ...before, waiting: [...before.waiting, 'windows'] }));
    const both = await mine.update(ROLLOUT, (before) => ({ ...before, answered: ['halt-1'] }));
    expect(both).toMatchObject({ waiting: ['ubuntu', 'windows'], answered: ['halt-1'] });

    const [one, two] = [assessmentStore(store), assessmentStore(store)];
    await one.take(TAKEN_BY, batchOf(0), null);
    const taken = (await one.readBatch(batchKey(TAKEN_BY)))?.etag ?? '';
    expect(await two.writeBatch(batchKey(TAKEN_BY), batchOf(1), taken)).toBe(true);
    expect((await one.readBatch(batchKey(TAKEN_BY)))?.batch.call).toBe(1);
    expect(await one.writeBatch(batchKey(TAKEN_BY), batchOf(2), taken)).toBe(false);
  });

  it('has its ETag read when storage did not say it, and is nothing when another wrote between', async () => {
    const store = memoryStore();
    const etag = await roundProgressStore(withoutEtags(store)).write(ROLLOUT, CLAIM, progressOf(1), null);
    expect(etag).toBe((await roundProgressStore(store).read(ROLLOUT, CLAIM))?.etag);

    const overtaken = withoutEtags(store, (table) =>
      table.upsert(`${ROLLOUT}~progress`, CLAIM, progressOf(9)),
    );
    expect(await roundProgressStore(overtaken).write(ROLLOUT, CLAIM, progressOf(2), etag)).toBeNull();
    expect((await roundProgressStore(overtaken).read(ROLLOUT, CLAIM))?.progress.call).toBe(9);
  });

  it('is kept for so many rows, those that were written last', () => {
    const known = new LastWritten<object>(2);
    const row = { partition: 'p', row: 'r', value: null, etag: 'e' };
    for (const key of ['a', 'b', 'a', 'c']) known.keep(key, 'e', {});
    expect(['a', 'b', 'c'].map((key) => known.of(key, row) !== undefined)).toEqual([true, false, true]);
    expect(known.of('a', { ...row, etag: 'other' })).toBeUndefined();
  });
});
