import { isAssessed } from '../domain/eligibility';
import { earlier } from '../domain/instants';
import { nextAssessmentUtc } from '../domain/assessmentTimes';
import type { VmId } from '../domain/ids';
import { inventoryChanges, type InventoryChanges, type Listing } from '../domain/inventoryChanges';
import { chance } from '../domain/seed';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { ScheduledAssessment } from '../store/assessments';
import { saveBudgetSizes } from './budgetShares';
import { joinRollout } from './joinRollout';
import type { Services } from './services';

/**
 * Asks the platform which VMs there are, and keeps what is new, changed or gone. With `accept` a person has said that a fleet that became so
 * small is right; what the platform itself calls incomplete is believed never.
 */
export async function takeListing(
  services: Services,
  { accept = false, changesMax = Infinity }: { readonly accept?: boolean; readonly changesMax?: number } = {},
): Promise<InventoryChanges & { readonly remaining: number }> {
  const { inventory, policy } = services;
  const nowUtc = services.nowUtc();
  const [listing, known] = [await listAll(services), await inventory.rows()];
  const all = inventoryChanges(known, listing, accept ? { inventoryFewerPercent: 100 } : policy, nowUtc);
  const { changes, remaining } = firstOf(all, changesMax);
  const { present, added, changed, buried, removed, notBelieved } = changes;
  // The schedule before the inventory: a repeat after a crash in between finds the same VMs changed.
  if (added.length + changed.length + buried.length > 0) await reschedule(services, changes, nowUtc);
  await joinRollout(services, added);
  await inventory.change({
    upsert: [...added, ...changed.map(({ after }) => after), ...buried],
    remove: removed,
  });
  if (remaining > 0) return { ...changes, remaining };
  await inventory.saveSetSizes(present);
  await saveBudgetSizes(services, policy, present);
  await inventory.saveListing({ atUtc: nowUtc, vmCount: present.length, notBelieved: [...notBelieved] });
  for (const { subscriptionId, why } of notBelieved)
    await services.audit.append('inventory', `${nowUtc.slice(0, 10)}~${subscriptionId}`, {
      atUtc: nowUtc,
      who: 'lowtide',
      what: 'listingDoubted',
      subject: subscriptionId,
      vmId: null,
      why: `${why} Nothing of it was changed.`,
      evidence: {},
    });
  return { ...changes, remaining };
}

/** So many changes at most. What is left is found again by the next call, which compares with what stands by then. */
function firstOf(
  all: InventoryChanges,
  changesMax: number,
): { readonly changes: InventoryChanges; readonly remaining: number } {
  const { added, changed, buried, removed } = all;
  const count = added.length + changed.length + buried.length;
  if (count <= changesMax) return { changes: all, remaining: 0 };
  const left = (taken: number): number => Math.max(0, changesMax - taken);
  const changes = {
    ...all,
    added: added.slice(0, changesMax),
    changed: changed.slice(0, left(added.length)),
    buried: buried.slice(0, left(added.length + changed.length)),
    removed: [],
  };
  return { changes, remaining: count - changesMax + removed.length };
}

async function listAll({ driver }: Services): Promise<Listing> {
  const vms: VirtualMachine[] = [];
  const incomplete = new Map<string, string>();
  let cursor: string | null = null;
  do {
    const page = await driver.listVirtualMachines(cursor);
    vms.push(...page.items);
    for (const { subscriptionId, why } of page.incomplete ?? [])
      incomplete.set(subscriptionId.toLowerCase(), why);
    cursor = page.next;
  } while (cursor !== null);
  return { vms, incomplete };
}

/**
 * Each VM that is to be assessed is due once, by the time zone that it has now; the others are not due. Reads the whole schedule, which is no
 * more than the listing that it belongs to.
 */
async function reschedule(
  { assessments, agenda, policy }: Services,
  { added, changed, buried }: InventoryChanges,
  nowUtc: string,
): Promise<void> {
  const touched = new Map<VmId, VirtualMachine | null>([
    ...[...added, ...changed.map(({ after }) => after)].map(
      (vm) => [vm.id, isAssessed(vm, policy) ? vm : null] as const,
    ),
    ...buried.map(({ id }) => [id, null] as const),
  ]);
  const moves: { from: ScheduledAssessment; to: ScheduledAssessment | null }[] = [];
  const scheduled = new Set<VmId>();
  for (const from of await assessments.all()) {
    const vm = touched.get(from.vmId);
    if (vm === undefined) continue;
    scheduled.add(from.vmId);
    const timeZone = vm === null ? null : timeZoneOf(vm, policy).zone;
    if (timeZone === from.timeZone) continue;
    const dueUtc = timeZone === null ? null : nextAssessmentUtc(timeZone, policy, nowUtc, 0);
    moves.push({ from, to: timeZone === null || dueUtc === null ? null : { ...from, timeZone, dueUtc } });
  }
  const fresh = [...touched.values()].flatMap((vm): ScheduledAssessment[] => {
    if (vm === null || scheduled.has(vm.id)) return [];
    const timeZone = timeZoneOf(vm, policy).zone;
    // spread over one period, so that the fleet is not assessed all at once
    const dueUtc = nextAssessmentUtc(timeZone, policy, nowUtc, chance('first assessment', vm.id));
    return [{ vmId: vm.id, timeZone, dueUtc }];
  });
  if (moves.length > 0) await assessments.move(moves);
  if (fresh.length > 0) await assessments.schedule(fresh);
  const due = [...fresh, ...moves.flatMap(({ to }) => (to === null ? [] : [to]))].map(({ dueUtc }) => dueUtc);
  if (due.length > 0) await agenda.soonest('assessments', due.reduce(earlier));
}
