import type { Budget, BudgetShare } from '../domain/budgets';
import type { VmId } from '../domain/ids';
import type { VirtualMachine } from '../domain/virtualMachine';
import { selects, type Selector } from '../domain/selector';
import { lookAtMembers, namesOf } from './budgetMembers';
import * as contracts from './contracts';
import { roundOf } from './roundOf';
import { activity, type Services } from './services';
import { sideBySide } from './sideBySide';

export const collectMembersDown = activity(
  contracts.collectMembersDown,
  async (services, { ref, disruption, giveWay = false }) => {
    const { budgets = [] } = disruption;
    const vms = ref === null ? null : await vmsOf(services, ref);
    const looked: BudgetShare[] = [];
    const full: { budget: string; down: string }[] = [];
    for (const share of budgets) {
      const budget = services.policy.budgets.find(({ name }) => name === share.budget);
      const look = budget === undefined ? null : await lookAtMembers(services, budget);
      if (budget === undefined || look === null) {
        looked.push(share);
        continue;
      }
      const up = vms === null ? share.count : membersUp(budget.selector, vms, look.down);
      const room = look.isWhole ? share.max - look.down.size : 0;
      const isFull = up > 0 && room <= 0;
      if (isFull) full.push({ budget: budget.name, down: namesOf(look.down) });
      const max = Math.max(1, room);
      const count = isFull ? 0 : Math.min(up, max);
      looked.push({ budget: budget.name, count, max, downCount: look.down.size });
    }
    const others = vms === null ? 0 : countOutside(services.policy.budgets, full, vms);
    return { disruption: { ...disruption, budgets: looked }, full: giveWay || others > 0 ? [] : full };
  },
);

/** VMs of no budget that is full: their round goes on, and the others of it do not begin. */
function countOutside(
  budgets: readonly Budget[],
  full: readonly { readonly budget: string }[],
  vms: readonly VirtualMachine[],
): number {
  const ofFull = budgets.filter(({ name }) => full.some(({ budget }) => budget === name));
  return vms.filter((vm) => !ofFull.some(({ selector }) => selects(selector, vm))).length;
}

async function vmsOf(services: Services, ref: contracts.RoundRef): Promise<readonly VirtualMachine[]> {
  const { vmIds } = await roundOf(services, ref);
  return (await sideBySide(vmIds, (id) => services.inventory.read(id))).filter((vm) => vm !== null);
}

const membersUp = (selector: Selector, vms: readonly VirtualMachine[], down: ReadonlySet<VmId>): number =>
  vms.filter((vm) => selects(selector, vm) && !down.has(vm.id)).length;
