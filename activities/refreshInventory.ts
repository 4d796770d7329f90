import { timeZoneOf } from '../domain/timeZone';
import { chance } from '../domain/seed';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { World } from './world';

/** Reads the whole fleet from the driver, page by page, and keeps it. VMs that are new get their first assessment scheduled. */
export async function refreshInventory(world: World): Promise<readonly VirtualMachine[]> {
  const vms: VirtualMachine[] = [];
  let cursor: string | null = null;
  do {
    const page = await world.driver.listVirtualMachines(cursor);
    vms.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  const { added } = await world.inventory.refresh(vms);
  const now = Date.parse(world.nowUtc());
  await world.assessments.schedule(
    added.map((vm) => ({
      vmId: vm.id,
      timeZone: timeZoneOf(vm, world.policy).zone,
      // spread over one period, so that the fleet is not assessed all at once
      dueUtc: new Date(
        now + chance('first assessment', vm.id) * world.policy.assessmentEverySeconds * 1000,
      ).toISOString(),
    })),
  );
  return vms;
}
