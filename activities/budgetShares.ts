import { budgetShares, budgetSizes, type Budget } from '../domain/budgets';
import type { Disruption } from '../domain/disruption';
import type { VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { selects } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { Services } from './services';
import { sideBySide } from './sideBySide';

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

/** Of those VMs, which may begin: of each budget no more than the claim of their round covers. The budget that holds a VM back, or null. */
export async function heldByBudget(
  services: Services,
  { budgets = [] }: Disruption,
  down: readonly VmId[],
  asking: readonly VmId[],
): Promise<readonly (string | null)[]> {
  const claimed = services.policy.budgets.filter(({ name }) => budgets.some(({ budget }) => budget === name));
  if (claimed.length === 0) return asking.map(() => null);
  const left = new Map(budgets.map(({ budget, count }) => [budget, count]));
  const take = (vm: VirtualMachine | undefined): string | null => {
    const own = claimed.filter(({ selector }) => vm !== undefined && selects(selector, vm));
    const full = own.find(({ name }) => (left.get(name) ?? 0) <= 0);
    if (full !== undefined) return full.name;
    for (const { name } of own) left.set(name, (left.get(name) ?? 0) - 1);
    return null;
  };
  const vms = new Map((await known(services, [...down, ...asking])).map((vm) => [vm.id, vm]));
  for (const id of down) take(vms.get(id));
  return asking.map((id) => take(vms.get(id)));
}

async function known({ inventory }: Services, ids: readonly VmId[]): Promise<readonly VirtualMachine[]> {
  return (await sideBySide([...ids], (id) => inventory.read(id))).filter((vm) => vm !== null);
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
  { inventory }: Pick<Services, 'inventory'>,
  { budgets }: Pick<Policy, 'budgets'>,
  vms: readonly VirtualMachine[],
): Promise<void> {
  if (budgets.length === 0) return;
  await inventory.saveBudgetSizes({
    sizes: Object.fromEntries(budgetSizes(vms, budgets)),
    selectors: Object.fromEntries(budgets.map((budget) => [budget.name, selectorText(budget)])),
  });
}

const selectorText = ({ selector }: Budget): string => JSON.stringify(selector);
