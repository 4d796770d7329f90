import { advanceAssessments } from '../../activities/advanceAssessments';
import { collectDueAssessments } from '../../activities/collectDueAssessments';
import { collectOutdatedExtensions } from '../../activities/collectOutdatedExtensions';
import { takeListing } from '../../activities/fleet/takeListing';
import type { VmId } from '../../domain/ids';
import { aVm, vmsOf } from '../support/builders';
import { someServices, IN_THE_WINDOW, WINDOW_CLOSES, type FakeServices } from '../support/fakeServices';

import {
  advance,
  begun,
  dueAt,
  dueSince,
  NEW_YORK,
  sweep,
  takenBy,
  vmsIn,
  YESTERDAY,
  type Taken,
} from '../support/dueAssessments';

describe('R-107, R-113: which VMs are due', () => {
  it('those whose time has come, in their off-peak hours', async () => {
    const vms = vmsOf(1);
    expect(await takenBy(await dueSince(vms))).toEqual(vms.map(({ id }) => id));
  });

  it.each([
    ['by day', { nowUtc: '2026-11-13T16:00:00.000Z' }],
    ['in the last minutes of the window: it would end after it', { nowUtc: '2026-11-13T10:45:00.000Z' }],
    ['before its time', { dueUtc: '2026-11-14T04:00:00.000Z' }],
    ['by day in its own time zone', { timeZone: 'Asia/Tokyo' }],
  ])('none %s', async (_when, over) => {
    expect(await takenBy(await dueSince([aVm()], over))).toEqual([]);
  });

  it('in batches of at most a hundred that leave out no VM and name none twice', async () => {
    const vms = vmsOf(295);
    const services = await dueSince(vms);
    const found: VmId[][] = [];
    for (const call of await sweep(services)) found.push(await vmsIn(services, call));
    expect(found.map(({ length }) => length)).toEqual([100, 100, 95]);
    expect(new Set(found.flat())).toEqual(new Set(vms.map(({ id }) => id)));
  });

  it('each batch in one row, and in messages of under 1 KB, however long the names are', async () => {
    const vms = vmsOf(100, (n) => ({ name: `vm-${n}-${'x'.repeat(58)}`, resourceGroup: 'g'.repeat(90) }));
    const services = await dueSince(vms);
    const [call] = await sweep(services);
    const row = await services.assessments.readBatch(call?.batch ?? '');
    expect(row?.batch.vms).toHaveLength(100);
    expect(JSON.stringify(row?.batch).length).toBeLessThan(300_000);
    expect(JSON.stringify(call).length).toBeLessThan(1_000);
    expect(JSON.stringify(await advance(services, call?.batch, 1)).length).toBeLessThan(1_000);
  });

  it('INV-16: one that cannot be assessed moves to its next window, and keeps no other waiting', async () => {
    const parked = vmsOf(300);
    const running = vmsOf(3);
    const services = await dueSince(parked);
    await services.assessments.schedule(
      running.map(({ id: vmId }) => ({ vmId, timeZone: NEW_YORK, dueUtc: IN_THE_WINDOW })),
    );
    const taken = await takenBy(services);
    expect(taken).toEqual(expect.arrayContaining(running.map(({ id }) => id)));
    expect(new Set(await dueAt(services))).toEqual(new Set(['2026-11-14T03:00:00.000Z']));
    services.wait(3600);
    expect(await takenBy(services)).toEqual([]);
  });

  it('INV-16: a call that is repeated because its answer was lost takes the same VMs, whatever it had done', async () => {
    const services = await dueSince(vmsOf(105));
    const nowUtc = services.nowUtc();
    const call = async (n: number): Promise<VmId[]> =>
      vmsIn(services, (await services.run(collectDueAssessments, { nowUtc, call: n })) as Taken);
    const [first, again] = [await call(0), await call(0)];
    expect(first).toHaveLength(100);
    expect(again).toEqual(first);
    const second = await call(1);
    expect(second).toHaveLength(5);
    expect(await call(1)).toEqual(second);
    expect((await services.agenda.read('assessments'))?.dueUtc).toBe('2026-11-14T03:00:00.000Z');
    expect(await services.assessments.all()).toHaveLength(105);
  });

  it('INV-16: what a call took is in its batch before anything is moved: one that was cut off there moves and assesses the same', async () => {
    const services = await dueSince(vmsOf(105));
    const nowUtc = services.nowUtc();
    const cut = {
      ...services,
      assessments: { ...services.assessments, move: () => Promise.reject(new Error('cut off')) },
    };
    await expect(collectDueAssessments.handler(cut)({ nowUtc, call: 0 })).rejects.toThrow('cut off');
    const kept = await vmsIn(services, { batch: `${nowUtc}~0`, more: true });
    expect(kept).toHaveLength(100);
    // Another sweep takes some meanwhile; the repeat takes none beside those in its batch.
    await services.run(collectDueAssessments, { nowUtc: '2026-11-13T03:15:01.000Z', call: 0 });
    const taken = (await services.run(collectDueAssessments, { nowUtc, call: 0 })) as Taken;
    expect(await vmsIn(services, taken)).toEqual(kept);
    expect(taken.more).toBe(true);
    expect((await dueAt(services)).filter((utc) => utc === YESTERDAY)).toHaveLength(5);
    expect(await services.assessments.all()).toHaveLength(105);
  });

  it('a call that is repeated after its batch has ended takes no VM: nothing would assess it', async () => {
    const { services, batch } = await begun(vmsOf(2));
    for (const [n] of vmsOf(2).entries()) services.driver.endAssessment(`assess-${n + 1}`);
    services.wait(900);
    expect(await advance(services, batch, 2)).toMatchObject({ dueUtc: null, assessed: 2 });
    await services.assessments.schedule([{ vmId: aVm().id, timeZone: NEW_YORK, dueUtc: YESTERDAY }]);
    expect(
      await services.run(collectDueAssessments, { nowUtc: batch.replace(/~0$/, ''), call: 0 }),
    ).toMatchObject({ batch: null });
    expect(await dueAt(services)).toContain(YESTERDAY);
  });

  it('INV-16: a VM whose batch was collected twice, minutes apart, is due once', async () => {
    const vm = aVm();
    // In windows without an end every instant is another one to be due at.
    const services = await dueSince([vm], {}, { offPeakOpens: '00:00', offPeakCloses: '00:00' });
    const [call] = await sweep(services);
    await advance(services, call?.batch, 1);
    services.driver.endAssessment('assess-1');
    services.wait(900);
    const cut = {
      ...services,
      assessments: { ...services.assessments, writeBatch: () => Promise.reject(new Error('cut off')) },
    };
    const again = { batch: call?.batch, call: 2, nowUtc: services.nowUtc() };
    await expect(advanceAssessments.handler(cut)(again)).rejects.toThrow('cut off');
    services.wait(600);
    expect(await services.run(advanceAssessments, again)).toMatchObject({ dueUtc: null, assessed: 1 });
    expect(await services.assessments.all()).toHaveLength(1);
  });

  it('INV-16: a VM that stands on the schedule twice is taken once, and keeps no other waiting', async () => {
    const [twice, other] = vmsOf(2);
    if (!twice || !other) throw new Error('two VMs');
    const services = await dueSince([twice, other]);
    await services.assessments.schedule([
      { vmId: twice.id, timeZone: NEW_YORK, dueUtc: '2026-11-12T04:10:00.000Z' },
    ]);
    expect([...(await takenBy(services))].sort()).toEqual([twice.id, other.id].sort());
    expect(await services.assessments.all()).toHaveLength(2);
  });

  it('INV-16: a VM that is gone is asked for again in its next window, and forgotten by the next listing', async () => {
    const [kept, gone] = vmsOf(2);
    if (!kept || !gone) throw new Error('two VMs');
    const services = await dueSince([kept, gone]);
    services.driver.remove(gone.id);
    const [call] = await sweep(services);
    expect(await advance(services, call?.batch, 1)).toMatchObject({ failed: 1, because: 'no such VM' });
    expect(services.driver.assessed).toEqual([kept.id]);
    const putOff = (await services.assessments.all()).find(({ vmId }) => vmId === gone.id);
    expect(putOff?.dueUtc).toBe('2026-11-14T03:00:00.000Z');
    await takeListing(services, { accept: true });
    expect((await services.assessments.all()).map(({ vmId }) => vmId)).toEqual([kept.id]);
  });

  it.each([
    ['is excluded since', { tags: { 'lowtide-exclude': 'true' } }],
    ['is in the hands of its owner since', { patchMode: 'Manual' }],
  ])(
    'INV-17: a VM that %s is not touched, and the next listing takes it off the schedule',
    async (_why, over) => {
      const vm = aVm();
      const services = await dueSince([vm]);
      const [call] = await sweep(services);
      services.driver.change(vm.id, { vm: { ...vm, ...over } });
      expect(await advance(services, call?.batch, 1)).toMatchObject({ dueUtc: null, failed: 1 });
      expect(services.driver.assessed).toEqual([]);
      expect(await services.assessments.all()).toHaveLength(1);
      await takeListing(services);
      expect(await services.assessments.all()).toEqual([]);
    },
  );
});

describe('R-107: a VM that is new', () => {
  it('is due within one period, so that the fleet is not assessed all at once', async () => {
    const vms = vmsOf(60);
    const services = await someServices({ nowUtc: YESTERDAY });
    for (const vm of vms) services.driver.add(vm);
    await takeListing(services);
    const due = await dueAt(services);
    expect(due).toHaveLength(60);
    expect(new Set(due.map((utc) => utc.slice(0, 10))).size).toBeGreaterThan(2);
    expect(due.every((utc) => utc > YESTERDAY && utc <= '2026-11-15T04:00:00.000Z')).toBe(true);
  });

  it.each([
    ['whose owner patches it', { patchMode: 'Manual' }, 0],
    ['whose image does', { patchMode: 'ImageDefault' }, 0],
    ['that is excluded', { tags: { 'lowtide-exclude': 'true' } }, 0],
    [
      'that asks for assessments alone',
      { patchMode: 'Manual', assessmentMode: 'AutomaticByPlatform' as const },
      1,
    ],
    [
      'that is excluded, whatever it asks for',
      { tags: { 'lowtide-exclude': 'true' }, assessmentMode: 'AutomaticByPlatform' as const },
      0,
    ],
  ])('and %s is due %#', async (_what, over, count) => {
    const services = await someServices({ nowUtc: YESTERDAY });
    services.driver.add(aVm(over));
    await takeListing(services);
    expect(await dueAt(services)).toHaveLength(count);
  });

  it('on any page of the inventory is found once', async () => {
    const services = await someServices();
    for (const vm of vmsOf(23)) services.driver.add(vm);
    services.driver.pageSize = 5;
    expect((await takeListing(services)).present).toHaveLength(23);
    await takeListing(services);
    expect(await dueAt(services)).toHaveLength(23);
  });

  it('a large fleet is taken in steps, each of which goes on where the one before ended, and only the last one forgets', async () => {
    const services = await someServices();
    for (const vm of vmsOf(23)) services.driver.add(vm);
    const left: number[] = [];
    for (let step = 0; step < 3; step += 1) {
      left.push((await takeListing(services, { changesMax: 10 })).remaining);
      expect(await services.inventory.list()).toHaveLength(Math.min(23, (step + 1) * 10));
      expect((await services.inventory.lastListing()) !== null).toBe(step === 2);
    }
    expect(left).toEqual([13, 3, 0]);
  });
});

describe('R-703, R-704: an extension that is behind', () => {
  const behind = async (): Promise<FakeServices> => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    for (const { id } of vms)
      services.driver.change(id, { extension: { version: '1.4', latestVersion: '1.5' } });
    const [{ batch } = { batch: null }] = await sweep(services);
    await advance(services, batch, 1);
    services.driver.endAssessment('assess-1');
    services.wait(900);
    await advance(services, batch, 2);
    return services;
  };

  const taken = async (services: FakeServices, vmsMax?: number): Promise<VmId[]> => {
    const { batch } = (await services.run(collectOutdatedExtensions, {
      nowUtc: services.nowUtc(),
      vmsMax,
    })) as { batch: string | null };
    const row = batch === null ? null : await services.enablements.readBatch(batch);
    return row?.batch.vms.map(({ vmId }) => vmId) ?? [];
  };

  it('is noticed at the assessment, and taken once, in off-peak hours', async () => {
    const services = await behind();
    expect(await taken(services)).toHaveLength(1);
    services.wait(3600);
    expect(await taken(services)).toEqual([]);
  });

  it('of a VM for which there is no room stays on the list', async () => {
    const services = await dueSince([]);
    const vms = vmsOf(3).map(({ id: vmId }) => ({ vmId, timeZone: NEW_YORK }));
    await services.enablements.mark(vms, 'outdated');
    const counts: number[] = [];
    for (const vmsMax of [0, 2, 2, 2]) {
      counts.push((await taken(services, vmsMax)).length);
      services.wait(3600);
    }
    expect(counts).toEqual([0, 2, 1, 0]);
  });

  it('is not touched by day', async () => {
    const services = await behind();
    services.clock.nowUtc = WINDOW_CLOSES;
    expect(await taken(services)).toEqual([]);
  });
});
