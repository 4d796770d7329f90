import { takeListing } from '../../activities/fleet/takeListing';
import { wakeForInventory } from '../../activities/rollout/wake';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext } from '../http/armRoute';
import { requestEnablement } from '../patching/enablement';
import { checkChangesOfRunningVm } from './power';
import type { VmChange } from './vmModel';

/** Carries out what `planVm` has checked: the VM is there from now on, and provisioned some minutes later. */
export async function carryOutVm(change: VmChange, context: ArmContext): Promise<VmResource> {
  await checkChangesOfRunningVm(change, context);
  const { before, model } = change;
  const after = await context.services.driver.resources.putVirtualMachine(model);
  await keepInventory(after, before, context);
  await requestEnablement(context, after, before);
  return after;
}

/** A new VM changes more than its own row: its set has grown, and its assessments have to be scheduled. */
async function keepInventory(
  { vm }: VmResource,
  before: VmResource | null,
  { services }: ArmContext,
): Promise<void> {
  if (before !== null) {
    await services.inventory.save(vm);
    return;
  }
  await takeListing(services);
  await wakeForInventory(services);
}
