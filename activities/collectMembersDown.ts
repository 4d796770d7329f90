import { budgetRoom, RESTART_SECONDS_MAX, type Budget, type BudgetShare } from '../domain/budgets';
import type { VmId } from '../domain/ids';
import { addSeconds, earlier, secondsBetween } from '../domain/instants';
import type { VirtualMachine } from '../domain/virtualMachine';
import { selects, type Selector } from '../domain/selector';
import { lookAtBudget, namesOf, type BudgetLook } from './budgets/budgetMembers';
import * as contracts from './contracts';
import { roundOf } from './round/roundOf';
import { activity, type Services } from './services';
import { sideBySide } from './sideBySide';

export const collectMembersDown = activity(
  contracts.collectMembersDown,
  async (services, { ref, vmId, disruption, giveWay = false }) => {
    const { budgets = [] } = disruption;
    const vms = await vmsOf(services, ref, vmId);
    const looked: BudgetShare[] = [];
    const nowUtc = services.nowUtc();
    const full: { budget: string; down: string }[] = [];
    const waits: Wait[] = [];
    for (const share of budgets) {
      const budget = services.policy.budgets.find(({ name }) => name === share.budget);
      const look = budget === undefined ? null : await lookAtBudget(services, budget);
      if (budget === undefined || look === null) {
        looked.push(share);
        continue;
      }
      const up = vms === null ? share.count : membersUp(budget.selector, vms, look.down);
      const room = look.isWhole ? budgetRoom(share.max, look.down.size) : 0;
      const isFull = up > 0 && room === 0;
      if (isFull) {
        full.push({ budget: budget.name, down: namesOf(look.down) });
        waits.push(look.isWhole ? waitFor(look, share.max, nowUtc) : { inVain: false, againUtc: nowUtc });
      }
      const max = Math.max(1, room);
      const count = isFull ? 0 : Math.min(up, max);
      looked.push({ budget: budget.name, count, max, downCount: look.down.size });
    }
    // What a person asked for one VM waits for its room.
    const goesOn =
      ref !== null &&
      vms !== null &&
      (giveWay ||
        waits.every(({ inVain }) => inVain) ||
        countOutside(services.policy.budgets, full, vms) > 0);
    const answer = { disruption: { ...disruption, budgets: looked }, full: goesOn ? [] : full };
    return answer.full.length === 0
      ? answer
      : { ...answer, againUtc: waits.map(({ againUtc }) => againUtc).reduce(earlier) };
  },
);

/** A person waits for a claim of one VM, which does not go on without it. */
const LOOK_SECONDS_MAX = 900;

interface Wait {
  readonly inVain: boolean;
  readonly againUtc: string;
}

/** Until enough members are back there is no room. What went down last is back first, and likely no sooner than it has been down by now. */
function waitFor({ downSinceUtc }: BudgetLook, max: number, nowUtc: string): Wait {
  const sinceUtc = downSinceUtc[downSinceUtc.length - max] ?? nowUtc;
  const seconds = secondsBetween(sinceUtc, nowUtc);
  return {
    inVain: seconds >= RESTART_SECONDS_MAX, // no round waits for them
    againUtc: addSeconds(nowUtc, Math.min(seconds, LOOK_SECONDS_MAX)),
  };
}

/** VMs of no budget that is full: their round goes on, and the others of it do not begin. */
function countOutside(
  budgets: readonly Budget[],
  full: readonly { readonly budget: string }[],
  vms: readonly VirtualMachine[],
): number {
  const ofFull = budgets.filter(({ name }) => full.some(({ budget }) => budget === name));
  return vms.filter((vm) => !ofFull.some(({ selector }) => selects(selector, vm))).length;
}

/** The VMs that ask; null where they are not named. */
async function vmsOf(
  services: Services,
  ref: contracts.RoundRef | null,
  vmId: VmId | undefined,
): Promise<readonly VirtualMachine[] | null> {
  if (ref === null && vmId === undefined) return null;
  const vmIds = ref === null ? [vmId].filter((id) => id !== undefined) : (await roundOf(services, ref)).vmIds;
  return (await sideBySide(vmIds, (id) => services.inventory.read(id))).filter((vm) => vm !== null);
}

const membersUp = (selector: Selector, vms: readonly VirtualMachine[], down: ReadonlySet<VmId>): number =>
  vms.filter((vm) => selects(selector, vm) && !down.has(vm.id)).length;
