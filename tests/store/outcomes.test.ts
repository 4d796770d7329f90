import { setImmediate } from 'node:timers/promises';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { countsOf } from '../../domain/outcomeTotals';
import { phaseIdOf } from '../../domain/phaseId';
import { memoryStore } from '../../store/memoryTable';
import { outcomeStore, type OutcomeRecord, type OutcomeStore } from '../../store/outcomes';
import type { Store, Table, TableName } from '../../store/store';
import { intervalsOf } from '../../operatorApi/dashboard/timeline';
import { vmsOf } from '../support/builders';
import { ROLLOUT } from '../support/fakeServices';

const vms = vmsOf(130, (n) => ({ region: n % 2 === 0 ? 'eastus' : 'westus' }));
const [vm] = vms;
if (vm === undefined) throw new Error('There is no VM.');

const outcomeAt = (
  atUtc: string,
  [kind, reason]: readonly [OutcomeKind, OutcomeReason] = ['patched', 'installed'],
  { id: vmId, region } = vm,
): OutcomeRecord => ({
  vmId,
  kind,
  reason,
  detail: '',
  atUtc,
  phase: phaseIdOf(1),
  region,
  installation: null,
});

const EARLY = '2026-11-13T03:00:00.000Z';
const LATE = '2026-11-13T05:00:00.000Z';

const storeOf = (store: Store = memoryStore()): OutcomeStore => outcomeStore(store, 3);

/** How many requests the work waits for, one after another: those that are under way together count once. */
async function requestsInARow(work: (store: Store) => Promise<unknown>): Promise<number> {
  const own = memoryStore();
  let waiting: (() => void)[] = [];
  const slow = (name: TableName): Table => {
    const table = own.table(name);
    const asked = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    return {
      ...table,
      get: (...args) => asked().then(() => table.get(...args)),
      upsert: (...args) => asked().then(() => table.upsert(...args)),
      commit: (...args) => asked().then(() => table.commit(...args)),
    };
  };
  const progress = { isDone: false };
  const done = work({ table: slow }).finally(() => {
    progress.isDone = true;
  });
  let inARow = 0;
  while (!progress.isDone) {
    if (waiting.length > 0) inARow += 1;
    const together = waiting;
    waiting = [];
    for (const answer of together) answer();
    await setImmediate();
  }
  await done;
  return inARow;
}

describe('an outcome', () => {
  it('takes no longer to be saved when there are many: a call ends thousands of VMs when a rollout is over', async () => {
    const save = (count: number): Promise<number> =>
      requestsInARow((store) =>
        storeOf(store).save(
          ROLLOUT,
          vms.slice(0, count).map((one) => outcomeAt(EARLY, ['deferred', 'poweredOff'], one)),
        ),
      );
    const [ofTwo, ofMany] = [await save(2), await save(60)]; // of two regions, in a transaction each
    expect(ofMany).toBe(ofTwo);
  });

  it('that is older than the one that stands is dropped: a duplicate was slow', async () => {
    const outcomes = storeOf();
    await outcomes.save(ROLLOUT, [outcomeAt(LATE)]);
    expect(await outcomes.save(ROLLOUT, [outcomeAt(EARLY, ['deferred', 'poweredOff'])])).toEqual([]);
    expect(await outcomes.read(ROLLOUT, vm.id)).toMatchObject({ kind: 'patched', atUtc: LATE });
    expect(await outcomes.history(vm.id)).toHaveLength(1);
  });

  it('that is saved twice counts once, as one try', async () => {
    const outcomes = storeOf();
    await outcomes.save(ROLLOUT, [outcomeAt(EARLY, ['failed', 'installFailed'])]);
    await outcomes.save(ROLLOUT, [outcomeAt(EARLY, ['failed', 'installFailed'])]);
    expect(await outcomes.read(ROLLOUT, vm.id)).toMatchObject({ attempts: 1, waits: true });
    expect(await outcomes.totals(ROLLOUT)).toEqual({ reasons: { failed: { installFailed: 1 } }, waiting: 1 });
  });

  it('leaves the totals that the one before it was counted in', async () => {
    const outcomes = storeOf();
    await outcomes.save(ROLLOUT, [outcomeAt(EARLY, ['deferred', 'poweredOff'])]);
    await outcomes.save(ROLLOUT, [outcomeAt(LATE)]);
    const totals = await outcomes.totals(ROLLOUT);
    expect(countsOf(totals)).toMatchObject({ patched: 1, deferred: 0 });
    expect(totals.waiting).toBe(0);
  });

  it('R-112: of a VM that was not reached is on the list of the next rollout until another stands, and moves with it', async () => {
    const outcomes = storeOf();
    const carried = async (): Promise<unknown> => (await outcomes.carriedOver(ROLLOUT, '')).value;
    await outcomes.save(ROLLOUT, [outcomeAt(EARLY, ['deferred', 'poweredOff'])]);
    await outcomes.save(ROLLOUT, [outcomeAt(LATE, ['skipped', 'superseded'])]);
    expect(await carried()).toEqual([vm.id]);
    const to = vms[2]?.id ?? vm.id;
    await outcomes.move(ROLLOUT, vm.id, { ...outcomeAt(LATE, ['deferred', 'moved']), vmId: to });
    expect(await carried()).toEqual([to]);
    await outcomes.save(ROLLOUT, [{ ...outcomeAt('2026-11-14T05:00:00.000Z'), vmId: to }]);
    expect(await carried()).toEqual([]);
    await outcomes.save(ROLLOUT, [
      { ...outcomeAt('2026-11-15T05:00:00.000Z', ['deferred', 'poweredOff']), vmId: to },
    ]);
    expect(await carried()).toEqual([to]);
  });

  it('R-112: the list is read by pages, without a row of a VM that is done', async () => {
    const store = memoryStore();
    const lists: number[] = [];
    const watched: Store = {
      ...store,
      table: (name) => {
        const table = store.table(name);
        return {
          ...table,
          list: async (partition, range) => {
            const rows = await table.list(partition, range);
            if (name === 'outcomes') lists.push(rows.length);
            return rows;
          },
        };
      },
    };
    const outcomes = storeOf(watched);
    const late = new Set(vms.slice(0, 40));
    const records = vms.map((one) =>
      outcomeAt(EARLY, late.has(one) ? ['deferred', 'poweredOff'] : undefined, one),
    );
    await outcomes.save(ROLLOUT, records);
    lists.length = 0;
    const { value, next } = await outcomes.carriedOver(ROLLOUT, '');
    expect({ value: [...value].sort(), next }).toEqual({
      value: [...late].map(({ id }) => id).sort(),
      next: null,
    });
    expect(lists).toEqual([40]);
  });

  it.each([
    ['failed', 'installFailed'],
    ['unhealthy', 'unknownTooLong'],
  ] as const)(
    'R-112: of a VM that was tried, and %s, does not bring it forward in the next rollout',
    async (...ended) => {
      const outcomes = storeOf();
      await outcomes.save(ROLLOUT, [outcomeAt(EARLY, ended)]);
      expect((await outcomes.unfinished(ROLLOUT, '')).value).toHaveLength(1);
      expect((await outcomes.carriedOver(ROLLOUT, '')).value).toEqual([]);
    },
  );

  it('of a VM that was tried three times waits no more', async () => {
    const outcomes = storeOf();
    for (const hour of [3, 4, 5])
      await outcomes.save(ROLLOUT, [
        outcomeAt(`2026-11-13T0${hour}:00:00.000Z`, ['failed', 'patchesFailed']),
      ]);
    expect(await outcomes.read(ROLLOUT, vm.id)).toMatchObject({ attempts: 3, waits: false });
  });

  it('that overwrites one keeps when the VM was installed before: the timeline shows every installation', async () => {
    const outcomes = storeOf();
    const installed = (startTime: string): OutcomeRecord['installation'] => ({
      status: 'Succeeded',
      installationActivityId: 'a',
      maintenanceWindowExceeded: false,
      rebootStatus: 'NotNeeded',
      notSelectedPatchCount: 0,
      excludedPatchCount: 0,
      pendingPatchCount: 0,
      installedPatchCount: 1,
      failedPatchCount: 0,
      startTime,
      lastModifiedTime: startTime,
      error: null,
    });
    const first = {
      ...outcomeAt(EARLY, ['failed', 'patchesFailed']),
      installation: installed('2026-11-13T02:00:00.000Z'),
    };
    const again = { ...outcomeAt(LATE), installation: installed('2026-11-13T04:00:00.000Z') };
    await outcomes.save(ROLLOUT, [first]);
    await outcomes.save(ROLLOUT, [outcomeAt('2026-11-13T03:30:00.000Z', ['deferred', 'poweredOff'])]);
    const [kept = null] = await outcomes.save(ROLLOUT, [again]);
    expect(kept?.installedBefore).toEqual([['2026-11-13T02:00:00.000Z', EARLY]]);
    expect(intervalsOf({ outcome: kept })).toEqual([
      ['2026-11-13T02:00:00.000Z', EARLY],
      ['2026-11-13T04:00:00.000Z', LATE],
    ]);
  });
});

describe('the totals of a rollout', () => {
  it('are those of its VMs, whoever writes at the same time', async () => {
    const outcomes = storeOf();
    const writers = vms.map((each) => outcomes.save(ROLLOUT, [outcomeAt(EARLY, undefined, each)]));
    writers.push(
      outcomes.save(
        ROLLOUT,
        vms.map((each) => outcomeAt(LATE, ['unhealthy', 'unknownTooLong'], each)),
      ),
    );
    await Promise.all(writers);
    expect(countsOf(await outcomes.totals(ROLLOUT))).toMatchObject({
      patched: 0,
      unhealthy: 130,
      unknown: 130,
    });
  });

  it('and the outcomes are written together: one that fails changes neither', async () => {
    const store = memoryStore();
    const failing: Store = {
      table: (name): Table => ({ ...store.table(name), commit: () => Promise.reject(new Error('503')) }),
    };
    await expect(storeOf(failing).save(ROLLOUT, [outcomeAt(EARLY)])).rejects.toThrow('503');
    expect(await storeOf(store).read(ROLLOUT, vm.id)).toBeNull();
    expect((await storeOf(store).totals(ROLLOUT)).reasons).toEqual({});
  });
});

describe('a page', () => {
  it('reads no more rows than it returns, but for two', async () => {
    const store = memoryStore();
    let rows = 0;
    const counting: Store = {
      table: (name): Table => {
        const table = store.table(name);
        return {
          ...table,
          list: async (partition, range) => {
            const found = await table.list(partition, range);
            rows += found.length;
            return found;
          },
        };
      },
    };
    const many = vmsOf(700);
    await storeOf(store).save(
      ROLLOUT,
      many.map((each) => outcomeAt(EARLY, undefined, each)),
    );
    const first = await storeOf(counting).page(ROLLOUT, '');
    expect(first.value).toHaveLength(500);
    expect(rows).toBeLessThanOrEqual(502);
    const second = await storeOf(counting).page(ROLLOUT, first.next ?? '');
    expect([second.value.length, second.next]).toEqual([200, null]);
    const ids = [...first.value, ...second.value].map(({ vmId }) => vmId);
    expect(new Set(ids)).toEqual(new Set(many.map(({ id }) => id)));
  });
});
