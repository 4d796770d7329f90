import { probeHealth } from '../../activities/probeHealth';
import { saveOutcomes } from '../../activities/rollout/saveOutcomes';
import { takeListing } from '../../activities/fleet/takeListing';
import type { Freeze } from '../../domain/freezes';
import { NO_PHASE, phaseIdOf } from '../../domain/phaseId';
import { countsOf } from '../../domain/outcomeTotals';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { Selector } from '../../domain/selector';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { inheritedVmState, newVmState } from '../../domain/vmState';
import { aVm, vmsOf } from '../support/builders';
import { anInstallation, anAssessment } from '../support/fakeDriver';
import { aPhase, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';

const guid = (n: number): string => `00000000-0000-0000-0000-${String(n + 1).padStart(12, '0')}`;
const EARLY = '2026-11-12T04:00:00.000Z';
const OTHER = '00000000-0000-0000-0000-000000000002';

/** VMs of one group, the same ones of another, and services that know the first. */
async function movedTo(
  where: { resourceGroup?: string; subscriptionId?: string },
  count = 3,
): Promise<{ services: FakeServices; old: VirtualMachine[]; moved: VirtualMachine[] }> {
  const named = (n: number): { name: string; uniqueId: string } => ({ name: `mv${n}`, uniqueId: guid(n) });
  const old = vmsOf(count, named);
  const moved = vmsOf(count, (n) => ({ ...named(n), ...where }));
  const services = await someServices({ vms: [], control: { vmCount: count } });
  await services.rollouts.savePhase(ROLLOUT, aPhase());
  for (const vm of old) services.driver.add(vm);
  await services.inventory.change({ upsert: old, remove: [] });
  await takeListing(services);
  for (const vm of old) services.driver.remove(vm.id);
  for (const vm of moved) services.driver.add(vm);
  return { services, old, moved };
}

const ended = (
  services: FakeServices,
  { id: vmId, region }: VirtualMachine,
  [kind, reason]: readonly [OutcomeKind, OutcomeReason],
): Promise<void> =>
  saveOutcomes(services, ROLLOUT, [
    { vmId, kind, reason, detail: '', atUtc: EARLY, phase: phaseIdOf(1), region, installation: null },
  ]);

const read = async (services: FakeServices, vm: VirtualMachine | undefined): Promise<unknown> =>
  vm && (await services.outcomes.read(ROLLOUT, vm.id));

describe('B6: a VM that was moved', () => {
  it.each([
    ['to another resource group', { resourceGroup: 'RG-NEW' }],
    ['to another subscription', { subscriptionId: OTHER }],
  ])('%s is the same VM: neither gone nor new', async (_where, where) => {
    const { services, old, moved } = await movedTo(where);
    const changes = await takeListing(services);
    expect(changes.moved.map(({ from, to }) => [from.id, to.id])).toEqual(
      old.map(({ id }, n) => [id, moved[n]?.id]),
    );
    expect([changes.added, changes.buried, changes.notBelieved]).toEqual([[], [], []]);
    expect((await services.inventory.list()).map(({ id }) => id).sort()).toEqual(
      moved.map(({ id }) => id).sort(),
    );
    expect((await takeListing(services)).changed).toEqual([]);
    expect((await services.inventory.read(moved[0]?.id ?? ('' as never)))?.formerIds).toEqual([old[0]?.id]);
  });

  it('is no VM whose GUID was copied in a file', async () => {
    const services = await someServices({ control: null });
    const copies = vmsOf(3, () => ({ uniqueId: guid(1) }));
    for (const vm of copies) services.driver.add(vm);
    await takeListing(services);
    const [first] = copies;
    if (first) services.driver.remove(first.id);
    const changes = await takeListing(services, { accept: true });
    expect([changes.moved, changes.buried.length]).toEqual([[], 1]);
  });

  it('is no other than a second one of its GUID that is gone with it: what was said of either stands', async () => {
    const services = await someServices({ control: null });
    const copies = vmsOf(2, () => ({ uniqueId: guid(1) }));
    await services.inventory.change({ upsert: copies, remove: [] });
    services.driver.add(aVm({ name: 'now', uniqueId: guid(1) }));
    expect((await takeListing(services)).moved).toHaveLength(2);
    expect((await services.inventory.list()).map(({ name }) => name)).toEqual(['now']);
    expect((await takeListing(services)).moved).toEqual([]);
  });

  it('with many others on a slow platform is followed by one of many calls, each of which ends in time', async () => {
    const { services } = await movedTo({ resourceGroup: 'RG-NEW' }, 5);
    const { inventory } = services;
    const saveMove: typeof inventory.saveMove = async (from, to) => {
      services.wait(30);
      await inventory.saveMove(from, to);
    };
    Object.assign(services, { inventory: { ...inventory, saveMove } });
    const remaining: number[] = [];
    for (let left = 1; left > 0; remaining.push(left)) ({ remaining: left } = await takeListing(services));
    expect(remaining).toEqual([3, 1, 0]);
    expect((await services.inventory.list()).every(({ resourceGroup }) => resourceGroup === 'RG-NEW')).toBe(
      true,
    );
  });

  it('keeps its outcome, and what a slow round says of the old id afterwards counts no more', async () => {
    const { services, old, moved } = await movedTo({ resourceGroup: 'RG-NEW' });
    const [patched, deferred] = old;
    if (!patched || !deferred) throw new Error('two VMs');
    await ended(services, patched, ['patched', 'installed']);
    await ended(services, deferred, ['deferred', 'poweredOff']);
    await takeListing(services);
    await takeListing(services);
    expect(await read(services, moved[0])).toMatchObject({ kind: 'patched', attempts: 1, atUtc: EARLY });
    expect(await read(services, moved[1])).toMatchObject({ reason: 'poweredOff', waits: true });
    expect(await read(services, patched)).toBeNull();
    for (const vm of old) await ended(services, vm, ['skipped', 'vmDeleted']);
    const totals = await services.outcomes.totals(ROLLOUT);
    expect(countsOf(totals)).toMatchObject({ patched: 1, deferred: 2, skipped: 0 });
    expect(totals.waiting).toBe(2);
    expect((await services.outcomes.list(ROLLOUT)).map(({ vmId }) => vmId).sort()).toEqual(
      moved.map(({ id }) => id).sort(),
    );
  });

  it.each([
    ['had no turn yet', undefined],
    ['was taken for deleted', ['skipped', 'vmDeleted'] as const],
  ])('R-112: and %s takes its turn with the second chances of its phase', async (_what, before) => {
    const { services, old, moved } = await movedTo({ resourceGroup: 'RG-NEW' }, 1);
    const [vm] = old;
    if (vm && before) await ended(services, vm, before);
    await takeListing(services);
    expect(await read(services, moved[0])).toMatchObject({
      kind: 'deferred',
      reason: 'moved',
      phase: phaseIdOf(1),
      waits: true,
    });
    expect((await services.rollouts.read(ROLLOUT))?.vmCount).toBe(1);
    const log = await services.outcomes.inOrderOfTime(ROLLOUT, { after: '', beforeUtc: '9999', take: 9 });
    expect(JSON.stringify(log)).toContain(moved[0]?.id);
    expect((await services.secondChances.next(9)).map(({ vmId }) => vmId)).toContain(moved[0]?.id);
  });

  it('is probed where it is now: what still has its former id learns its new one, once a listing has shown it', async () => {
    const { services, old, moved } = await movedTo({ resourceGroup: 'RG-NEW' }, 1);
    const [before, now] = [old[0]?.id, moved[0]?.id];
    if (before === undefined || now === undefined) throw new Error('one VM');
    const probe = () => services.run(probeHealth, { vmId: before });
    expect(await probe()).toMatchObject({ gone: true, listed: true });
    await takeListing(services);
    expect(await probe()).toMatchObject({ answer: 'healthy', movedTo: { vmId: now } });
    await services.inventory.saveMove(now, before);
    expect([await services.inventory.movedTo(before), await services.inventory.movedTo(now)]).toEqual([
      null,
      before,
    ]);
  });

  it('stays due for its assessment when it was', async () => {
    const { services, old, moved } = await movedTo({ resourceGroup: 'RG-NEW' });
    await services.assessments.schedule(
      old.map(({ id: vmId }, n) => ({
        vmId,
        timeZone: 'America/New_York',
        dueUtc: `2026-11-1${n + 3}T04:00:00.000Z`,
      })),
    );
    const before = await services.assessments.all();
    await takeListing(services);
    const after = await services.assessments.all();
    expect(after.map(({ dueUtc }) => dueUtc)).toEqual(before.map(({ dueUtc }) => dueUtc));
    expect(after.map(({ vmId }) => vmId).sort()).toEqual(moved.map(({ id }) => id).sort());
  });

  it('INV-17: stays frozen as long as a person says while it is followed, and is not frozen again when that was lifted', async () => {
    const { services, old, moved } = await movedTo({ resourceGroup: 'RG-NEW' }, 1);
    const freeze: Freeze = {
      id: 'longer',
      kind: 'freeze',
      selector: Selector.parse({ vm: old[0]?.id }),
      from: '2026-11-01',
      to: '2026-12-01',
      timeZone: null,
      reason: 'launch',
      owner: 'ann',
      createdUtc: EARLY,
      createdBy: 'ann',
    };
    const lifted: Freeze = { ...freeze, id: 'lifted' };
    await services.freezes.save(freeze, null);
    await services.freezes.save(lifted, null);
    const list: typeof services.freezes.list = async () => {
      const found = await services.freezes.list();
      await services.freezes.save({ ...freeze, to: '2026-12-24' }, freeze);
      await services.freezes.remove(lifted);
      return found;
    };
    await takeListing({ ...services, freezes: { ...services.freezes, list } });
    expect(await services.freezes.list()).toMatchObject([
      { id: 'longer', to: '2026-12-24', selector: { vm: moved[0]?.id } },
    ]);
  });

  it('stays frozen, stays given up by a person, and its last installation stays known', async () => {
    const { services, old, moved } = await movedTo({ resourceGroup: 'RG-NEW' }, 1);
    const [vm] = old;
    const [now] = moved;
    if (!vm || !now) throw new Error('one VM');
    await services.freezes.save(
      {
        id: 'hands-off',
        kind: 'freeze',
        selector: Selector.parse({ vm: vm.id }),
        from: '2026-11-01',
        to: '2026-12-01',
        timeZone: null,
        reason: 'launch',
        owner: 'ann',
        createdUtc: EARLY,
        createdBy: 'ann',
      },
      null,
    );
    await services.rollouts.addHalt(ROLLOUT, {
      haltId: 'asked',
      kind: 'hold',
      phase: NO_PHASE,
      region: null,
      why: 'not this one',
      atUtc: EARLY,
      decision: { kind: 'skip', by: 'ann', reason: 'not this one', atUtc: EARLY },
      asked: { vm: vm.id },
    });
    await services.operations.save({
      vmId: vm.id,
      region: vm.region,
      rolloutId: ROLLOUT,
      claimId: 'claim',
      intentUtc: EARLY,
      previousActivityId: null,
      deadlineUtc: EARLY,
      operationId: 'operation',
      endedUtc: EARLY,
      summary: null,
    });
    await takeListing(services);
    expect((await services.freezes.list()).map(({ selector }) => selector.vm)).toEqual([now.id]);
    expect((await services.rollouts.halts(ROLLOUT)).map(({ asked }) => asked)).toContainEqual({ vm: now.id });
    expect((await services.operations.read(now.region, now.id))?.operation).toMatchObject({
      vmId: now.id,
      operationId: 'operation',
    });
  });

  it('from a subscription that lost most of its VMs so is no doubt about that listing', async () => {
    const { services } = await movedTo({ subscriptionId: OTHER }, 40);
    expect((await takeListing(services)).notBelieved).toEqual([]);
  });

  it('back to where it was, has the state of all its ids', async () => {
    const { services, old, moved } = await movedTo({ resourceGroup: 'RG-NEW' }, 1);
    await takeListing(services);
    for (const vm of moved) services.driver.remove(vm.id);
    for (const vm of old) services.driver.add(vm);
    await takeListing(services);
    const [vm] = old;
    expect(await read(services, vm)).toMatchObject({ reason: 'moved' });
    expect((await services.inventory.read(vm?.id ?? aVm().id))?.formerIds).toEqual([moved[0]?.id]);
    const [assessed, installed] = [
      { ...newVmState, lastAssessment: anAssessment() },
      { ...newVmState, lastInstallation: anInstallation(), installSlot: 'old' },
    ];
    expect(inheritedVmState([assessed, installed])).toEqual({
      ...assessed,
      lastInstallation: installed.lastInstallation,
    });
  });
});
