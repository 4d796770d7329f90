import { budgetMax, budgetShares, budgetSizes, selectorText, type Budget } from '../../domain/budgets';
import type { Disruption } from '../../domain/disruption';
import type { BudgetFacts } from '../../domain/holds';
import type { VmId } from '../../domain/ids';
import { addSeconds, earlier } from '../../domain/instants';
import type { Policy } from '../../domain/policy';
import { selects } from '../../domain/selector';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { DownMember } from '../../store/budgetMembers';
import { lookAtBudget, namesOf } from './budgetMembers';
import type { Services } from '../services';
import { sideBySide } from '../sideBySide';

/** A disruption with what it takes of the budgets that are in force now. Its VMs are read only where there are some. */
export async function withBudgets(
  services: Services,
  disruption: Disruption,
  vmIds: readonly VmId[],
): Promise<Disruption> {
  const { budgets } = services.policy;
  if (budgets.length === 0) return disruption;
  const vms = await known(services, vmIds);
  const sizes = await budgetSizesNow(services);
  const shares = budgetShares(vms, budgets, ({ name }) => sizes.get(name) ?? null);
  return shares.length === 0 ? disruption : { ...disruption, budgets: shares };
}

/** What holds a VM back: the budget, and its members that are down by themselves. */
export interface HeldByBudget {
  readonly budget: string;
  readonly down: string;
  /** The claim of the round covers none of the budget's VMs: waiting in this round is in vain. */
  readonly notClaimed: boolean;
}

/**
 * Of those VMs, which may begin: of each budget no more than the claim of their round covers, and one less for each member that went down since the
 * claim was granted. What holds a VM back, or null.
 */
export async function heldByBudget(
  services: Services,
  { budgets = [] }: Disruption,
  down: readonly VmId[],
  asking: readonly VmId[],
): Promise<readonly (HeldByBudget | null)[]> {
  const claimed = services.policy.budgets.filter(({ name }) => budgets.some(({ budget }) => budget === name));
  if (claimed.length === 0) return asking.map(() => null);
  const left = new Map(budgets.map(({ budget, count }) => [budget, count]));
  const vms = new Map((await known(services, [...down, ...asking])).map((vm) => [vm.id, vm]));
  const names = new Map<string, string>();
  for (const budget of claimed) {
    const { name } = budget;
    if (!asking.some((id) => isOf(budget, vms.get(id)))) continue;
    const look = await lookAtBudget(services, budget);
    if (look === null) continue;
    const alone = [...look.down].filter((id) => !down.includes(id));
    const counted = budgets.find((share) => share.budget === name)?.downCount ?? 0;
    left.set(name, (left.get(name) ?? 0) - Math.max(0, alone.length - counted));
    names.set(name, namesOf(alone));
  }
  const take = (vm: VirtualMachine | undefined): HeldByBudget | null => {
    const own = claimed.filter((budget) => isOf(budget, vm));
    const full = own.find(({ name }) => (left.get(name) ?? 0) <= 0);
    if (full !== undefined)
      return {
        budget: full.name,
        down: names.get(full.name) ?? '',
        notClaimed: budgets.some(({ budget, count }) => budget === full.name && count === 0),
      };
    for (const { name } of own) left.set(name, (left.get(name) ?? 0) - 1);
    return null;
  };
  for (const id of down)
    for (const { name } of claimed.filter((budget) => isOf(budget, vms.get(id))))
      left.set(name, (left.get(name) ?? 0) - 1);
  return asking.map((id) => take(vms.get(id)));
}

const isOf = ({ selector }: Budget, vm: VirtualMachine | undefined): boolean =>
  vm !== undefined && selects(selector, vm);

async function known({ inventory }: Services, ids: readonly VmId[]): Promise<readonly VirtualMachine[]> {
  return (await sideBySide([...ids], (id) => inventory.read(id))).filter((vm) => vm !== null);
}

/** Rounds look whenever they ask for a claim, in each window: what is older says nothing of now. */
const LOOK_SECONDS_MAX = 86_400;

/** A budget with its members that were down when they were looked at last. */
export interface BudgetStanding {
  readonly budget: Budget;
  readonly max: number;
  readonly down: readonly DownMember[];
}

export async function budgetsStanding(
  services: Services,
  budgets = services.policy.budgets,
): Promise<readonly BudgetStanding[]> {
  if (budgets.length === 0) return [];
  const sizes = await budgetSizesNow(services);
  const looked = addSeconds(services.nowUtc(), -LOOK_SECONDS_MAX);
  return sideBySide(budgets, async (budget) => {
    const known = await services.budgetMembers.down(budget.name);
    const down = known.filter(({ probedUtc }) => probedUtc >= looked);
    return { budget, max: budgetMax(budget, sizes.get(budget.name) ?? null), down };
  });
}

/** How many members of each budget are down, as far as is known: for plans and previews. */
export async function budgetsDown(services: Services): Promise<Readonly<Record<string, number>>> {
  const standing = await budgetsStanding(services);
  return Object.fromEntries(standing.map(({ budget, down }) => [budget.name, down.length]));
}

/** What budgets are to one VM: one that is down itself takes no more of them. */
export function budgetFactsOf(vm: VirtualMachine, standing: readonly BudgetStanding[]): BudgetFacts[] {
  return standing.flatMap(({ budget, max, down }) => {
    if (!isOf(budget, vm)) return [];
    const others = down.filter(({ vmId }) => vmId !== vm.id);
    const since = others.map(({ sinceUtc }) => sinceUtc);
    return {
      budget: budget.name,
      max,
      downCount: others.length,
      down: namesOf(others.map(({ vmId }) => vmId)),
      sinceUtc: since.length === 0 ? null : since.reduce(earlier),
    };
  });
}

/** Counted with each listing, and when a policy is applied; what was counted by another selector is not known. */
export async function budgetSizesNow({ inventory, policy }: Services): Promise<ReadonlyMap<string, number>> {
  if (policy.budgets.length === 0) return new Map();
  const counted = await inventory.budgetSizes();
  return new Map(
    policy.budgets.flatMap((budget) => {
      const size = counted?.sizes[budget.name];
      return size !== undefined && counted?.selectors[budget.name] === selectorText(budget)
        ? [[budget.name, size] as const]
        : [];
    }),
  );
}

export async function saveBudgetSizes(
  { inventory, budgetMembers }: Pick<Services, 'inventory' | 'budgetMembers'>,
  { budgets }: Pick<Policy, 'budgets'>,
  vms: readonly VirtualMachine[],
): Promise<void> {
  if (budgets.length === 0) return;
  for (const budget of budgets) {
    const own = vms.filter((vm) => selects(budget.selector, vm)).map(({ id }) => id);
    await budgetMembers.save(budget.name, selectorText(budget), own);
  }
  await inventory.saveBudgetSizes({
    sizes: Object.fromEntries(budgetSizes(vms, budgets)),
    selectors: Object.fromEntries(budgets.map((budget) => [budget.name, selectorText(budget)])),
  });
}
