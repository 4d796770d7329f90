import type { BudgetShare } from '../domain/budgets';
import type { VmId } from '../domain/ids';
import { selects } from '../domain/selector';
import { lookAtMembers, namesOf } from './budgetMembers';
import * as contracts from './contracts';
import { roundOf } from './roundOf';
import { activity, type Services } from './services';
import { sideBySide } from './sideBySide';

export const collectMembersDown = activity(
  contracts.collectMembersDown,
  async (services, { ref, disruption }) => {
    const { budgets = [] } = disruption;
    const vmIds = ref === null ? null : (await roundOf(services, ref)).vmIds;
    const looked: BudgetShare[] = [];
    const full: { budget: string; down: string }[] = [];
    for (const share of budgets) {
      const budget = services.policy.budgets.find(({ name }) => name === share.budget);
      const look = budget === undefined ? null : await lookAtMembers(services, budget);
      if (budget === undefined || look === null) {
        looked.push(share);
        continue;
      }
      const up = vmIds === null ? share.count : await membersUp(services, budget.selector, vmIds, look.down);
      const room = look.isWhole ? share.max - look.down.size : 0;
      if (up > 0 && room <= 0) full.push({ budget: budget.name, down: namesOf(look.down) });
      const max = Math.max(1, room);
      looked.push({ budget: budget.name, count: Math.min(up, max), max, downCount: look.down.size });
    }
    return { disruption: { ...disruption, budgets: looked }, full };
  },
);

async function membersUp(
  { inventory }: Services,
  selector: Parameters<typeof selects>[0],
  vmIds: readonly VmId[],
  down: ReadonlySet<VmId>,
): Promise<number> {
  const vms = await sideBySide([...vmIds], (id) => inventory.read(id));
  return vms.filter((vm) => vm !== null && selects(selector, vm) && !down.has(vm.id)).length;
}
