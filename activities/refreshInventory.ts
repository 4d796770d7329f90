import { addSeconds } from '../domain/instants';
import { timeZoneOf } from '../domain/timeZone';
import { chance } from '../domain/seed';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { Services } from './services';

/** Reads the whole fleet from the driver, page by page, and keeps it. VMs that are new get their first assessment scheduled. */
export async function refreshInventory(services: Services): Promise<readonly VirtualMachine[]> {
  const vms: VirtualMachine[] = [];
  let cursor: string | null = null;
  do {
    const page = await services.driver.listVirtualMachines(cursor);
    vms.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  const { added } = await services.inventory.refresh(vms);
  const now = services.nowUtc();
  await services.assessments.schedule(
    added.map((vm) => ({
      vmId: vm.id,
      timeZone: timeZoneOf(vm, services.policy).zone,
      // spread over one period, so that the fleet is not assessed all at once
      dueUtc: addSeconds(now, chance('first assessment', vm.id) * services.policy.assessmentEverySeconds),
    })),
  );
  return vms;
}
