import { budgetRoom, selectorText, type Budget } from '../../domain/budgets';
import { resourceName, type VmId } from '../../domain/ids';
import { addSeconds, inOrderOfTime, secondsBetween } from '../../domain/instants';
import { listed } from '../../domain/listed';
import { selects } from '../../domain/selector';
import type { DownMember, MemberList } from '../../store/budgetMembers';
import type { Services } from '../services';
import { isDown } from '../round/setMembers';
import { sideBySide } from '../sideBySide';

/** Members that one call reads, those that were read longest ago first: as many as the platform answers in some seconds. A smaller budget is read whole. */
export const BUDGET_LOOK_MAX = 500;
/** The same while there are some that were not looked at for too long: half a minute's work. */
export const STALE_LOOK_MAX = 2_000;
/** Members that are known to be down, and that one call probes again. */
const PROBES_MAX = 200;
/** What was not looked at for so long is not known: no claim is granted before it is. 100,000 members take 50 calls. */
export const BUDGET_LOOK_SECONDS_MAX = 6 * 3600;

export interface BudgetLook {
  /** Members that are down by themselves, or by an update that this round knows nothing of. */
  readonly down: ReadonlySet<VmId>;
  /** When each of them went down, or was first seen so; the last one first. */
  readonly downSinceUtc: readonly string[];
  /** False while some members have not been looked at for too long. */
  readonly isWhole: boolean;
}

/**
 * Which members of a budget are down by now: those of which it is known are probed again, others are read, the longest ago first. Null where its
 * members have not been listed: then it is the budget of one VM at a time.
 */
export async function lookAtBudget(services: Services, budget: Budget): Promise<BudgetLook | null> {
  const { budgetMembers } = services;
  const nowUtc = services.nowUtc();
  const list = await budgetMembers.list(budget.name);
  if (list?.selector !== selectorText(budget)) return null;
  const known = await budgetMembers.down(budget.name);
  const { kept, back } = await probeAgain(services, budget, known, nowUtc);
  const looked = await lookAtPages(services, budget, list, nowUtc);
  const knownIds = new Set(known.map(({ vmId }) => vmId));
  const found = looked.down
    .filter((vmId) => !knownIds.has(vmId))
    .map((vmId): DownMember => ({ vmId, sinceUtc: nowUtc, probedUtc: nowUtc, isUnproven: false }));
  await budgetMembers.changeDown(budget.name, {
    upsert: [...kept.filter(({ probedUtc }) => probedUtc === nowUtc), ...found],
    remove: back,
  });
  await budgetMembers.saveLooks(budget.name, list, looked.pages, nowUtc);
  const down = [...kept, ...found].sort((a, b) => inOrderOfTime(b.sinceUtc, a.sinceUtc));
  return {
    down: new Set(down.map(({ vmId }) => vmId)),
    downSinceUtc: down.map(({ sinceUtc }) => sinceUtc),
    isWhole: looked.isWhole,
  };
}

/** What was probed so short a time ago is as it was then. */
const PROBED_SECONDS = 600;

/**
 * Whether members that are known to be down use a budget up. Cheap: only those that are known are probed, and only where they would use it up. False
 * says no more than that it is worth a claim, which looks at all of them.
 */
export async function isUsedUp(services: Services, budget: Budget, max: number): Promise<boolean> {
  const nowUtc = services.nowUtc();
  const known = await services.budgetMembers.down(budget.name);
  if (known.length < max) return false;
  const probedBefore = addSeconds(nowUtc, -PROBED_SECONDS);
  const old = known.filter(({ probedUtc }) => probedUtc <= probedBefore);
  const { kept, back } = await probeAgain(services, budget, old, nowUtc);
  await services.budgetMembers.changeDown(budget.name, {
    upsert: kept.filter(({ probedUtc }) => probedUtc === nowUtc),
    remove: back,
  });
  return budgetRoom(max, known.length - back.length) === 0;
}

/** VMs that were not healthy after their update count as down in their budgets until a probe says that they are healthy. */
export async function countAsDown(services: Services, vmIds: readonly VmId[]): Promise<void> {
  const { budgets } = services.policy;
  if (budgets.length === 0 || vmIds.length === 0) return;
  const vms = (await sideBySide(vmIds, (id) => services.inventory.read(id))).filter((vm) => vm !== null);
  const nowUtc = services.nowUtc();
  for (const { name, selector } of budgets)
    await services.budgetMembers.changeDown(name, {
      upsert: vms
        .filter((vm) => selects(selector, vm))
        .map(({ id }) => ({ vmId: id, sinceUtc: nowUtc, probedUtc: nowUtc, isUnproven: true })),
      remove: [],
    });
}

/** Names of VMs for a sentence, not too many. */
export const namesOf = (down: Iterable<VmId>): string =>
  listed([...down].map(resourceName).sort(), NAMES_MAX);
const NAMES_MAX = 5;

/** A probe, not a reading: the driver's log has it, so that the auditor knows that the VM is back, too. */
async function probeAgain(
  services: Services,
  { selector }: Budget,
  known: readonly DownMember[],
  nowUtc: string,
): Promise<{ readonly kept: readonly DownMember[]; readonly back: readonly VmId[] }> {
  const oldest = [...known].sort((a, b) => inOrderOfTime(a.probedUtc, b.probedUtc));
  const answers = await sideBySide(oldest.slice(0, PROBES_MAX), async (member) => {
    const vm = await services.inventory.read(member.vmId);
    if (vm === null || !selects(selector, vm)) return { member, isBack: true };
    try {
      const probe = await services.driver.probeHealth(member.vmId);
      if (probe === null) return { member, isBack: true };
      const isUp = probe.signals.powerState === 'running' && probe.answer !== 'unhealthy';
      return { member, isBack: member.isUnproven ? probe.answer === 'healthy' : isUp };
    } catch {
      return { member, isBack: false };
    }
  });
  return {
    kept: [
      ...answers.flatMap(({ member, isBack }) => (isBack ? [] : [{ ...member, probedUtc: nowUtc }])),
      ...oldest.slice(PROBES_MAX),
    ],
    back: answers.flatMap(({ member, isBack }) => (isBack ? [member.vmId] : [])),
  };
}

interface LookedPages {
  readonly pages: readonly number[];
  readonly down: readonly VmId[];
  readonly isWhole: boolean;
}

async function lookAtPages(
  services: Services,
  { name }: Budget,
  list: MemberList,
  nowUtc: string,
): Promise<LookedPages> {
  const looks = await services.budgetMembers.looks(name, list);
  const oldestFirst = [...Array(list.pages).keys()].sort((a, b) =>
    inOrderOfTime(looks.get(a) ?? '', looks.get(b) ?? ''),
  );
  const pages: number[] = [];
  const members: VmId[] = [];
  let isWhole = true;
  for (const page of oldestFirst) {
    if (members.length >= BUDGET_LOOK_MAX) {
      const lookedUtc = looks.get(page);
      const isKnown = lookedUtc !== undefined && secondsBetween(lookedUtc, nowUtc) <= BUDGET_LOOK_SECONDS_MAX;
      if (isKnown) break; // what comes after was looked at later
      if (members.length >= STALE_LOOK_MAX) {
        isWhole = false;
        break;
      }
    }
    const own = await services.budgetMembers.page(name, list, page);
    if (own === null) {
      isWhole = false; // the next listing writes it
      continue;
    }
    pages.push(page);
    members.push(...own);
  }
  const down = await sideBySide(members, async (id) => ((await isDown(services, id)) ? [id] : []));
  return { pages, down: down.flat(), isWhole };
}
