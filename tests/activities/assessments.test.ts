import { collectDueAssessments } from '../../activities/collectDueAssessments';
import type { DueVm } from '../../activities/contracts';
import { collectOutdatedExtensions } from '../../activities/collectOutdatedExtensions';
import { collectAssessments } from '../../activities/collectAssessments';
import { takeListing } from '../../activities/takeListing';
import { startAssessments } from '../../activities/startAssessments';
import type { VmId } from '../../domain/ids';
import type { Policy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import { anAssessment } from '../support/fakeDriver';
import { someServices, IN_THE_WINDOW, WINDOW_CLOSES, type FakeServices } from '../support/fakeServices';

const NEW_YORK = 'America/New_York';
const YESTERDAY = '2026-11-12T04:00:00.000Z';

async function dueSince(
  vms: readonly VirtualMachine[],
  over: { dueUtc?: string; timeZone?: string; nowUtc?: string } = {},
  policy: Partial<Policy> = {},
): Promise<FakeServices> {
  const services = await someServices({ vms, nowUtc: over.nowUtc ?? IN_THE_WINDOW, policy });
  const { dueUtc = YESTERDAY, timeZone = NEW_YORK } = over;
  await services.assessments.schedule(vms.map(({ id: vmId }) => ({ vmId, timeZone, dueUtc })));
  return services;
}

interface Taken {
  readonly vms: DueVm[];
  readonly more: boolean;
}

/** What one sweep takes, call after call. */
async function sweep(services: FakeServices): Promise<Taken[]> {
  const calls: Taken[] = [];
  const nowUtc = services.nowUtc();
  for (let more = true; more;) {
    const taken = (await services.run(collectDueAssessments, { nowUtc, call: calls.length })) as Taken;
    calls.push(taken);
    more = taken.more;
  }
  return calls;
}

const takenBy = async (services: FakeServices): Promise<VmId[]> =>
  (await sweep(services)).flatMap(({ vms }) => vms.map(({ vmId }) => vmId));

const dueAt = async (services: FakeServices): Promise<string[]> =>
  (await services.assessments.all()).map(({ dueUtc }) => dueUtc);

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

  it('in pieces of at most thirty that leave out no VM and name none twice', async () => {
    const vms = vmsOf(95);
    const calls = await sweep(await dueSince(vms));
    expect(calls.map((call) => call.vms.length)).toEqual([30, 30, 30, 5]);
    const found = calls.flatMap((call) => call.vms.map(({ vmId }) => vmId));
    expect(new Set(found)).toEqual(new Set(vms.map(({ id }) => id)));
    expect(found).toHaveLength(95);
  });

  it('each in a message of under 16 KB, however long the names are', async () => {
    const vms = vmsOf(30, (n) => ({ name: `vm-${n}-${'x'.repeat(58)}`, resourceGroup: 'g'.repeat(90) }));
    const [call] = await sweep(await dueSince(vms));
    expect(call?.vms).toHaveLength(30);
    expect(JSON.stringify(call).length).toBeLessThan(16_000);
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
    const services = await dueSince(vmsOf(35));
    const nowUtc = services.nowUtc();
    const call = async (n: number): Promise<Taken> =>
      (await services.run(collectDueAssessments, { nowUtc, call: n })) as Taken;
    const [first, again] = [await call(0), await call(0)];
    expect(first.vms).toHaveLength(30);
    expect(again).toEqual(first);
    const second = await call(1);
    expect(second.vms).toHaveLength(5);
    expect(await call(1)).toEqual(second);
    expect((await services.agenda.read('assessments'))?.dueUtc).toBe('2026-11-14T03:00:00.000Z');
    expect(await services.assessments.all()).toHaveLength(35);
  });

  it('INV-16: a VM whose batch was collected twice, minutes apart, is due once', async () => {
    const vm = aVm();
    // In windows without an end every instant is another one to be due at.
    const services = await dueSince([vm], {}, { offPeakOpens: '00:00', offPeakCloses: '00:00' });
    const [call] = await sweep(services);
    const { started } = (await services.run(startAssessments, { vmIds: [vm.id], due: call?.vms })) as {
      started: { vmId: VmId; operationId: string }[];
    };
    for (const { operationId } of started) services.driver.endAssessment(operationId);
    for (let times = 0; times < 2; times += 1) {
      await services.run(collectAssessments, { operations: started, due: call?.vms });
      services.wait(600);
    }
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
    const started = await services.run(startAssessments, { vmIds: [kept.id, gone.id], due: call?.vms });
    expect(started).toMatchObject({ started: [{ vmId: kept.id }], refused: [{ vmId: gone.id }] });
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
      const started = await services.run(startAssessments, { vmIds: [vm.id], due: call?.vms });
      expect(started).toMatchObject({ started: [], refused: [{ code: 'leftAlone' }] });
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

describe('reading assessments', () => {
  const dueOf = (vms: readonly VirtualMachine[]): DueVm[] =>
    vms.map(({ id: vmId }) => ({ vmId, timeZone: NEW_YORK, dueUtc: YESTERDAY }));
  const read = (
    services: FakeServices,
    vms: readonly VirtualMachine[],
    due: DueVm[] | null = dueOf(vms),
  ): Promise<unknown> =>
    services.run(collectAssessments, {
      operations: vms.map(({ id: vmId }, n) => ({ vmId, operationId: `assess-${n}` })),
      due,
    });

  it('R-107: an assessed VM is due again when its window opens in three days', async () => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    services.driver.operations.set('assess-0', { kind: 'assessed', summary: anAssessment() });
    await read(services, vms);
    expect(await dueAt(services)).toEqual(['2026-11-16T03:00:00.000Z']);
  });

  it('R-107: every VM is assessed several times in any 30 days', async () => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    let assessed = 0;
    for (let hour = 0; hour < 30 * 24; hour += 1) {
      for (const call of await sweep(services)) {
        assessed += call.vms.length;
        if (call.vms.length === 0) continue;
        services.driver.endAssessment('assess-0');
        await read(services, vms, call.vms);
      }
      services.wait(3600);
    }
    expect(assessed).toBeGreaterThanOrEqual(7);
    expect(assessed).toBeLessThanOrEqual(11);
  });

  it.each([
    ['failed', { kind: 'failed', error: { code: 'x', message: 'no endpoint' } }],
    ['was lost', { kind: 'lost' }],
    ['still runs', { kind: 'running', retryAfterSeconds: null }],
    ['was served but failed', { kind: 'assessed', summary: anAssessment({ status: 'Failed' }) }],
  ] as const)('a VM whose assessment %s is due when it was put off to', async (_how, answer) => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    services.driver.operations.set('assess-0', answer);
    const result = await read(services, vms);
    expect(await dueAt(services)).toEqual([YESTERDAY]);
    expect(result).toMatchObject({ assessed: [] });
  });

  it('R-504: an assessment that could not reach its source is a failure, not an absence of patches', async () => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    const error = { code: 'PackageManagerFailed', message: 'no endpoint' };
    const summary = anAssessment({ status: 'Failed', criticalAndSecurityPatchCount: 0, error });
    services.driver.operations.set('assess-0', { kind: 'assessed', summary });
    expect(await read(services, vms)).toMatchObject({ assessed: [], failed: [{ message: 'no endpoint' }] });
  });

  it('R-901: one that no VM was due for moves no date', async () => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    services.driver.operations.set('assess-0', { kind: 'assessed', summary: anAssessment() });
    await read(services, vms, null);
    expect(await dueAt(services)).toEqual([YESTERDAY]);
  });

  it('R-903: starting and reading one installs nothing', async () => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    await services.run(startAssessments, { vmIds: vms.map(({ id }) => id) });
    await read(services, vms);
    expect(services.driver.assessed).toHaveLength(1);
    expect(services.driver.accepted).toEqual([]);
  });
});

describe('R-703, R-704: an extension that is behind', () => {
  const behind = async (nowUtc = IN_THE_WINDOW): Promise<FakeServices> => {
    const vms = vmsOf(1);
    const services = await dueSince(vms, { nowUtc });
    for (const { id } of vms)
      services.driver.change(id, { extension: { version: '1.4', latestVersion: '1.5' } });
    services.driver.operations.set('assess-0', { kind: 'assessed', summary: anAssessment() });
    await services.run(collectAssessments, {
      operations: vms.map(({ id: vmId }) => ({ vmId, operationId: 'assess-0' })),
      due: vms.map(({ id: vmId }) => ({ vmId, timeZone: NEW_YORK, dueUtc: YESTERDAY })),
    });
    return services;
  };

  it('is noticed at the assessment, and listed once, in off-peak hours', async () => {
    const services = await behind();
    const list = (): Promise<unknown> =>
      services.run(collectOutdatedExtensions, { nowUtc: services.nowUtc() });
    expect(await list()).toMatchObject({ vmIds: [expect.any(String)] });
    expect(await list()).toMatchObject({ vmIds: [] });
  });

  it('of a VM for which there is no room stays on the list', async () => {
    const services = await dueSince([]);
    const vms = vmsOf(3).map(({ id: vmId }) => ({ vmId, timeZone: NEW_YORK }));
    await services.assessments.markExtension(vms, 'outdated');
    const list = async (vmsMax: number): Promise<number> => {
      const listed = await services.run(collectOutdatedExtensions, { nowUtc: services.nowUtc(), vmsMax });
      return (listed as { vmIds: VmId[] }).vmIds.length;
    };
    expect([await list(0), await list(2), await list(2), await list(2)]).toEqual([0, 2, 1, 0]);
  });

  it('is not touched by day', async () => {
    const services = await behind();
    services.clock.nowUtc = WINDOW_CLOSES;
    expect(await services.run(collectOutdatedExtensions, { nowUtc: services.nowUtc() })).toMatchObject({
      vmIds: [],
    });
  });
});
