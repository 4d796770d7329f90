import { budgetMax } from '../domain/budgets';
import type { VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { selects } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { Plan } from './plan';

export interface PreviewBudget {
  readonly budget: string;
  readonly vmCount: number;
  readonly limit: number;
  /** The VMs of the budget that the largest of its rounds takes down together. */
  readonly largestRound: number;
}

/** How near the rounds come to the budgets of the policy. */
export function previewBudgets(
  plan: Plan,
  { budgets }: Pick<Policy, 'budgets'>,
  vms: ReadonlyMap<VmId, VirtualMachine>,
): PreviewBudget[] {
  return budgets.map((budget) => {
    const own = new Set([...vms.values()].filter((vm) => selects(budget.selector, vm)).map(({ id }) => id));
    let largestRound = 0;
    for (const { regions } of plan.phases)
      for (const { stages } of regions)
        for (const { groups } of stages)
          for (const { rounds } of groups)
            for (const { vmIds } of rounds)
              largestRound = Math.max(largestRound, vmIds.filter((id) => own.has(id)).length);
    return { budget: budget.name, vmCount: own.size, limit: budgetMax(budget, own.size), largestRound };
  });
}
