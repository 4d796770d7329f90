import type { AvailablePatchSummary, ListedPatch } from '../../domain/patches';
import { memoryStore } from '../../store/memoryTable';
import { lackedAt, patchStore, type PatchStore } from '../../store/patches';
import { vmsOf } from '../support/builders';
import { anAssessment } from '../support/fakeDriver';

const [first, second] = vmsOf(2).map(({ id }) => id);
if (first === undefined || second === undefined) throw new Error('There are two VMs.');

const patch = (kbId: string, over: Partial<ListedPatch> = {}): ListedPatch => ({
  kbId,
  name: `Update (KB${kbId})`,
  version: '1',
  classification: 'Security',
  state: 'Available',
  ...over,
});
const summaryOf = (startTime: string): AvailablePatchSummary => anAssessment({ startTime });
const day = (n: number): string => `2026-11-${String(n).padStart(2, '0')}T00:00:00.000Z`;

describe('the patches of a VM', () => {
  let patches: PatchStore;
  beforeEach(() => {
    patches = patchStore(memoryStore());
  });
  const lacked = async (utc: string): Promise<unknown> => {
    const row = await patches.read(first);
    const found = row && (await lackedAt(patches, row, utc));
    return found && [found.assessedUtc, found.lacked.map(({ kbId }) => kbId)];
  };

  it('are known from the first assessment on, and what it found stands until another finds something else', async () => {
    await patches.keepAssessed([
      { vmId: first, atUtc: day(3), summary: summaryOf(day(3)), patches: [patch('1')] },
    ]);
    await patches.keepAssessed([
      { vmId: first, atUtc: day(6), summary: summaryOf(day(6)), patches: [patch('1')] },
    ]);
    await patches.keepAssessed([
      { vmId: first, atUtc: day(12), summary: summaryOf(day(12)), patches: [patch('1'), patch('2')] },
    ]);
    expect([
      await lacked(day(2)),
      await lacked(day(4)),
      await lacked(day(11)),
      await lacked(day(20)),
    ]).toEqual([null, [day(3), ['1']], [day(6), ['1']], [day(12), ['1', '2']]]);
  });

  /** The assessments of both VMs on a day: each found a patch of its own. */
  const found = (n: number) =>
    [first, second].map((vmId) => ({
      vmId,
      atUtc: day(n),
      summary: summaryOf(day(n)),
      patches: [patch(String(n))],
    }));

  it('of VMs that were assessed together are kept in one transaction; when another writer came between, all the same', async () => {
    const store = memoryStore();
    const commit = jest.spyOn(store.table('patches'), 'commit');
    const kept = patchStore(store);
    await kept.keepAssessed(found(3));
    expect(commit).toHaveBeenCalledTimes(1);
    commit.mockResolvedValueOnce(null);
    await kept.keepAssessed(found(6));
    await kept.keepAssessed(found(6)); // a repeat
    for (const vmId of [first, second])
      expect((await kept.read(vmId))?.assessed.map(({ fromUtc }) => fromUtc)).toEqual([day(3), day(6)]);
  });

  it('R-802: with them stands what the latest assessment came to, also where the driver names no patch, and whatever order they arrive in', async () => {
    const [early, late] = [day(3), day(6)].map((atUtc) => ({
      vmId: first,
      atUtc,
      summary: summaryOf(atUtc),
      patches: null,
    }));
    if (early === undefined || late === undefined) throw new Error('There are two.');
    for (const one of [early, late, early]) await patches.keepAssessed([one]);
    expect(await patches.read(first)).toMatchObject({ lastAssessment: late.summary, assessed: [] });
    await patches.forgetLastAssessment(first);
    expect((await patches.read(first))?.lastAssessment).toBeNull();
  });

  it('need not be read for the next assessment, unless another process wrote them meanwhile', async () => {
    const store = memoryStore();
    const get = jest.spyOn(store.table('patches'), 'get');
    const [kept, elsewhere] = [patchStore(store), patchStore(store)];
    await kept.keepAssessed(found(3));
    get.mockClear();
    await kept.keepAssessed(found(6));
    expect(get).not.toHaveBeenCalled();
    await elsewhere.keepAssessed(found(9));
    await kept.keepInstalled({
      vmId: first,
      atUtc: day(10),
      rolloutId: null,
      activityId: 'a',
      patches: [patch('9', { state: 'Installed' })],
    });
    await kept.keepAssessed(found(12));
    const days = [day(3), day(6), day(9), day(12)];
    for (const vmId of [first, second])
      expect((await kept.read(vmId))?.assessed.map(({ fromUtc }) => fromUtc)).toEqual(days);
    expect((await kept.read(first))?.installed).toHaveLength(1);
  });

  it('of a list that cannot change are kept once, and of one that can as it is each time', async () => {
    const store = memoryStore();
    const insert = jest.spyOn(store.table('patches'), 'insert');
    const kept = patchStore(store);
    const assessedAt = (n: number, missing: readonly ListedPatch[]): Promise<void> =>
      kept.keepAssessed([{ vmId: first, atUtc: day(n), summary: summaryOf(day(n)), patches: missing }]);
    const same = Object.freeze([patch('1'), patch('2')]);
    await assessedAt(3, same);
    await assessedAt(6, same);
    expect(insert).toHaveBeenCalledTimes(1);
    const growing = [patch('1')];
    await assessedAt(9, growing);
    growing.push(patch('3'));
    await assessedAt(12, growing);
    const names = await Promise.all(
      ((await kept.read(first))?.assessed ?? []).map(async ({ list }) =>
        (await kept.list(list)).map(({ kbId }) => kbId),
      ),
    );
    expect(names).toEqual([['1', '2'], ['1'], ['1', '3']]);
  });

  it('that were installed are lacked no more from that instant on; those that failed are', async () => {
    await patches.keepAssessed([
      { vmId: first, atUtc: day(3), summary: summaryOf(day(3)), patches: [patch('1'), patch('2')] },
    ]);
    const tried = [patch('1', { state: 'Installed' }), patch('2', { state: 'Failed' })];
    const done = {
      vmId: first,
      atUtc: day(5),
      rolloutId: 'rollout-2026-11',
      activityId: 'a',
      patches: tried,
    };
    await patches.keepInstalled(done);
    await patches.keepInstalled(done); // a repeat
    expect([await lacked(day(4)), await lacked(day(5))]).toEqual([
      [day(3), ['1', '2']],
      [day(3), ['2']],
    ]);
    expect((await patches.read(first))?.installed).toHaveLength(1);
    await patches.keepAssessed([
      { vmId: first, atUtc: day(6), summary: summaryOf(day(6)), patches: [patch('1'), patch('2')] },
    ]);
    expect(await lacked(day(7))).toEqual([day(6), ['1', '2']]); // the assessment has the last word
  });

  it('that are neither Critical nor Security are not counted as lacked', async () => {
    await patches.keepAssessed([
      {
        vmId: first,
        atUtc: day(3),
        summary: summaryOf(day(3)),
        patches: [patch('1', { classification: 'Definition' }), patch('2', { classification: 'Critical' })],
      },
    ]);
    expect(await lacked(day(3))).toEqual([day(3), ['2']]);
  });

  it('have bounded rows: what is oldest makes room', async () => {
    for (let n = 0; n < 200; n += 1) {
      const atUtc = new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
      await patches.keepAssessed([
        { vmId: first, atUtc, summary: summaryOf(atUtc), patches: [patch(String(n))] },
      ]);
      await patches.keepInstalled({
        vmId: first,
        atUtc,
        rolloutId: null,
        activityId: String(n),
        patches: [],
      });
    }
    const row = await patches.read(first);
    expect([row?.assessed.length, row?.installed.length]).toEqual([80, 24]);
    expect(row?.assessed.at(-1)?.fromUtc).toBe('2026-07-19T00:00:00.000Z');
  });

  it('an assessment that is older than the last one changes nothing', async () => {
    await patches.keepAssessed([
      { vmId: first, atUtc: day(6), summary: summaryOf(day(6)), patches: [patch('1')] },
    ]);
    await patches.keepAssessed([
      { vmId: first, atUtc: day(3), summary: summaryOf(day(3)), patches: [patch('2')] },
    ]);
    expect(await lacked(day(6))).toEqual([day(6), ['1']]);
  });

  it('are kept once for all VMs that miss the same, and found by another process', async () => {
    const store = memoryStore();
    const mine = patchStore(store);
    for (const vmId of [first, second])
      await mine.keepAssessed([{ vmId, atUtc: day(3), summary: summaryOf(day(3)), patches: [patch('1')] }]);
    expect(await store.table('patches').list('lists')).toHaveLength(1);
    const row = await patchStore(store).read(second);
    expect(row && (await lackedAt(patchStore(store), row, day(3)))?.lacked).toEqual([patch('1')]);
  });
});
