import { z } from 'zod';
import { PolicyName } from './ownWindows';
import { Selector, selects } from './selector';
import type { VirtualMachine } from './virtualMachine';

/** How many VMs of an application may be disrupted at once, wherever they are: across regions, zones and sets (INV-15). */
export const Budget = z.strictObject({
  name: PolicyName.describe('Name of the budget: lower-case letters, digits and hyphens.'),
  selector: Selector.describe('The VMs of the application.'),
  max: z
    .union([
      z.number().int().positive(),
      z.string().regex(/^([1-9]\d?|100)%$/, 'a budget is a whole number, or a share such as 10%'),
    ])
    .describe(
      'So many VMs may be down at once: a number, or a share of those that fit (10%), rounded down, at least one.',
    ),
});
export type Budget = Readonly<z.infer<typeof Budget>>;

/** As many as the planner can number in one bit each. */
export const BUDGETS_MAX = 30;

/** How many VMs of a budget are meant, and how many may be down at once. */
export const BudgetShare = z.object({
  budget: z.string(),
  /** None where all its VMs are down by themselves: they do not begin. */
  count: z.number().int().nonnegative(),
  max: z.number().int().positive(),
  /** Members that were down by themselves when it was looked; `max` is less by them. */
  downCount: z.number().int().nonnegative().exactOptional(),
});
export type BudgetShare = Readonly<z.infer<typeof BudgetShare>>;

/** Null for a size that is not known: then a share is one VM. */
export function budgetMax({ max }: Budget, size: number | null): number {
  if (typeof max === 'number') return max;
  return Math.max(1, Math.floor(((size ?? 0) * Number.parseInt(max, 10)) / 100));
}

/**
 * What members that are down by themselves, off or unhealthy, leave of a budget. The one rule of plan and preview, forecast and explanation, of rounds, and of
 * installations that a person asks for.
 */
export const budgetRoom = (max: number, downCount: number): number => Math.max(0, max - downCount);

/** Members that were down for longer than any restart takes are not back by themselves. */
export const RESTART_SECONDS_MAX = 1800;

export function budgetSizes(
  vms: Iterable<VirtualMachine>,
  budgets: readonly Budget[],
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>(budgets.map(({ name }) => [name, 0]));
  for (const vm of budgets.length === 0 ? [] : vms)
    for (const { name, selector } of budgets)
      if (selects(selector, vm)) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  return sizes;
}

/** What some VMs that go together take of each budget; never more at once than it has. */
export function budgetShares(
  vms: readonly VirtualMachine[],
  budgets: readonly Budget[],
  sizeOf: (budget: Budget) => number | null,
): BudgetShare[] {
  return budgets.flatMap((budget) => {
    const count = vms.filter((vm) => selects(budget.selector, vm)).length;
    if (count === 0) return [];
    const max = budgetMax(budget, sizeOf(budget));
    return [{ budget: budget.name, count: Math.min(count, max), max }];
  });
}

/** What the members of a budget are found by, as it is kept with them. */
export const selectorText = ({ selector }: Budget): string => JSON.stringify(selector);

/** The ledger of one budget: it knows no region, for what it grants is across all. */
export const budgetLedger = (name: string): string => `budget~${name}`;
