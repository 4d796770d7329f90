import { listDueAssessments } from '../../activities/listDueAssessments';
import { collectOutdatedExtensions } from '../../activities/collectOutdatedExtensions';
import { collectAssessments } from '../../activities/collectAssessments';
import { readDueAssessments } from '../../activities/readDueAssessments';
import { refreshInventory } from '../../activities/refreshInventory';
import { startAssessments } from '../../activities/startAssessments';
import type { VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import { anAssessment } from '../support/fakeDriver';
import { someServices, IN_THE_WINDOW, WINDOW_CLOSES, type FakeServices } from '../support/fakeServices';

const NEW_YORK = 'America/New_York';
const YESTERDAY = '2026-11-12T04:00:00.000Z';

async function dueSince(
  vms: readonly VirtualMachine[],
  over: { dueUtc?: string; timeZone?: string; nowUtc?: string } = {},
): Promise<FakeServices> {
  const services = await someServices({ vms, nowUtc: over.nowUtc ?? IN_THE_WINDOW });
  const { dueUtc = YESTERDAY, timeZone = NEW_YORK } = over;
  await services.assessments.schedule(vms.map(({ id: vmId }) => ({ vmId, timeZone, dueUtc })));
  return services;
}

interface Range {
  readonly from: string;
  readonly before: string;
}

const chunksOf = async (services: FakeServices): Promise<Range[]> => {
  const answer = (await services.run(listDueAssessments, { nowUtc: services.nowUtc() })) as {
    chunks: Range[];
  };
  return answer.chunks;
};

const dueIn = async (services: FakeServices, range: Range): Promise<VmId[]> => {
  const answer = (await services.run(readDueAssessments, { nowUtc: services.nowUtc(), ...range })) as {
    vmIds: VmId[];
  };
  return answer.vmIds;
};

describe('R-107, R-113: which VMs are due', () => {
  it('those whose time has come, in their off-peak hours', async () => {
    const [vm] = vmsOf(1);
    if (!vm) throw new Error('no VM');
    const services = await dueSince([vm]);
    const [chunk] = await chunksOf(services);
    expect(chunk && (await dueIn(services, chunk))).toEqual([vm.id]);
  });

  it.each([
    ['by day', { nowUtc: '2026-11-13T16:00:00.000Z' }],
    ['in the last minutes of the window: it would end after it', { nowUtc: '2026-11-13T10:45:00.000Z' }],
    ['before its time', { dueUtc: '2026-11-14T04:00:00.000Z' }],
    ['by day in its own time zone', { timeZone: 'Asia/Tokyo' }],
  ])('none %s', async (_when, over) => {
    expect(await chunksOf(await dueSince([aVm()], over))).toEqual([]);
  });

  it('in chunks of at most thirty that leave out no VM and name none twice', async () => {
    const vms = vmsOf(95);
    const services = await dueSince(vms);
    const chunks = await chunksOf(services);
    expect(chunks).toHaveLength(4);
    const found = (await Promise.all(chunks.map((chunk) => dueIn(services, chunk)))).flat();
    expect(new Set(found)).toEqual(new Set(vms.map(({ id }) => id)));
    expect(found).toHaveLength(95);
  });

  it('a VM that is gone is forgotten, once the platform says so', async () => {
    const [kept, gone] = vmsOf(2);
    if (!kept || !gone) throw new Error('two VMs');
    const services = await dueSince([kept, gone]);
    services.driver.remove(gone.id);
    const [due] = await chunksOf(services);
    const started = await services.run(startAssessments, { vmIds: [kept.id, gone.id], due });
    expect(started).toMatchObject({ started: [{ vmId: kept.id }], refused: [{ vmId: gone.id }] });
    expect(await services.assessments.dueBefore(IN_THE_WINDOW)).toEqual([
      expect.objectContaining({ vmId: kept.id }),
    ]);
  });
});

describe('R-107: a VM that is new', () => {
  it('is due within one period, so that the fleet is not assessed all at once', async () => {
    const vms = vmsOf(60);
    const services = await someServices({ nowUtc: YESTERDAY });
    for (const vm of vms) services.driver.add(vm);
    await refreshInventory(services);
    const due = await services.assessments.dueBefore('2026-11-15T04:00:00.001Z');
    expect(due).toHaveLength(60);
    expect(new Set(due.map(({ key }) => key.slice(0, 13))).size).toBeGreaterThan(20);
    expect(await services.assessments.dueBefore(YESTERDAY)).toEqual([]);
  });

  it('on any page of the inventory is found once', async () => {
    const services = await someServices();
    for (const vm of vmsOf(23)) services.driver.add(vm);
    services.driver.pageSize = 5;
    expect(await refreshInventory(services)).toHaveLength(23);
    await refreshInventory(services);
    expect(await services.assessments.dueBefore('2027-01-01T00:00:00.000Z')).toHaveLength(23);
  });
});

describe('reading assessments', () => {
  const due = { from: YESTERDAY, before: IN_THE_WINDOW };
  const read = (
    services: FakeServices,
    vms: readonly VirtualMachine[],
    range: Range | null = due,
  ): Promise<unknown> =>
    services.run(collectAssessments, {
      operations: vms.map(({ id: vmId }, n) => ({ vmId, operationId: `assess-${n}` })),
      due: range,
    });

  it('R-107: an assessed VM is due again in three days, and no earlier', async () => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    services.driver.operations.set('assess-0', { kind: 'assessed', summary: anAssessment() });
    await read(services, vms);
    expect(await services.assessments.dueBefore('2026-11-16T03:15:00.000Z')).toEqual([]);
    expect(await services.assessments.dueBefore('2026-11-16T03:15:00.001Z')).toHaveLength(1);
  });

  it('R-107: every VM is assessed several times in any 30 days', async () => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    services.driver.operations.set('assess-0', { kind: 'assessed', summary: anAssessment() });
    let assessed = 0;
    for (let hour = 0; hour < 30 * 24; hour += 1) {
      for (const chunk of await chunksOf(services)) {
        assessed += (await dueIn(services, chunk)).length;
        await read(services, vms, chunk);
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
  ] as const)('a VM whose assessment %s stays due', async (_how, answer) => {
    const vms = vmsOf(1);
    const services = await dueSince(vms);
    services.driver.operations.set('assess-0', answer);
    const result = await read(services, vms);
    expect(await services.assessments.dueBefore(IN_THE_WINDOW)).toHaveLength(1);
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
    expect(await services.assessments.dueBefore(IN_THE_WINDOW)).toHaveLength(1);
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
      due: { from: YESTERDAY, before: IN_THE_WINDOW },
    });
    return services;
  };

  it('is noticed at the assessment, and listed once, in off-peak hours', async () => {
    const services = await behind();
    const list = (): Promise<unknown> =>
      services.run(collectOutdatedExtensions, { nowUtc: services.nowUtc() });
    expect(await list()).toMatchObject({ vmIds: [expect.any(String)] });
    expect(await list()).toEqual({ vmIds: [] });
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
    expect(await services.run(collectOutdatedExtensions, { nowUtc: services.nowUtc() })).toEqual({
      vmIds: [],
    });
  });
});
