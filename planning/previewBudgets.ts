import { budgetMax, budgetRoom } from '../domain/budgets';
import type { VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { selects } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { BudgetsDown } from './budgets';
import type { Plan } from './plan';

export interface PreviewBudget {
  readonly budget: string;
  readonly vmCount: number;
  readonly limit: number;
  /** Members that were down by themselves when they were looked at last, and what they leave for rounds: at 0 its VMs wait until some are back. */
  readonly downCount: number;
  readonly room: number;
  /** The VMs of the budget that the largest of its rounds takes down together. */
  readonly largestRound: number;
}

/** How near the rounds come to the budgets of the policy. */
export function previewBudgets(
  plan: Plan,
  { budgets }: Pick<Policy, 'budgets'>,
  vms: ReadonlyMap<VmId, VirtualMachine>,
  downCounts: BudgetsDown,
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
    const limit = budgetMax(budget, own.size);
    const downCount = downCounts[budget.name] ?? 0;
    const room = budgetRoom(limit, downCount);
    return { budget: budget.name, vmCount: own.size, limit, downCount, room, largestRound };
  });
}
