import { VmId } from '../../domain/ids';
import type { GroupResource, VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext, ArmRequest } from '../http/armRoute';
import { operationNotAllowed, resourceGroupNotFound, resourceNotFound } from '../http/armError';

export const VM_TYPE = 'Microsoft.Compute/virtualMachines';

/** The resource group that the path names; 404 ResourceGroupNotFound. */
export function findGroup(request: ArmRequest, { services }: ArmContext): GroupResource {
  const group = services.driver.resources.resourceGroup(request);
  if (group === null) throw resourceGroupNotFound(request.resourceGroup);
  return group;
}

/** The VM that `{subscriptionId}`, `{resourceGroup}` and `{vm}` of the path name; 404 ResourceGroupNotFound or ResourceNotFound. */
export function findVm(request: ArmRequest, context: ArmContext): VmResource {
  findGroup(request, context);
  const found = vmIfAny(request, context);
  if (found === null) throw resourceNotFound(VM_TYPE, request.name('vm'), request.resourceGroup);
  return found;
}

/** The same; null when there is no such VM. */
export function vmIfAny(
  { subscriptionId, resourceGroup, name }: ArmRequest,
  { services }: ArmContext,
): VmResource | null {
  const id = VmId.safeParse(
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${VM_TYPE}/${name('vm')}`,
  );
  return id.success ? services.driver.resources.virtualMachine(id.data) : null;
}

/** As `findVm`, for what changes the VM or works on it: 409 while it is being created or deleted. */
export function findProvisionedVm(request: ArmRequest, context: ArmContext): VmResource {
  const found = findVm(request, context);
  if (found.provisioningState === 'Creating')
    throw operationNotAllowed(
      `The virtual machine '${found.vm.name}' is being created. Try again when that is done.`,
    );
  if (found.provisioningState === 'Deleting')
    throw operationNotAllowed(
      `The virtual machine '${found.vm.name}' is being deleted. Try again when that is done.`,
    );
  return found;
}

/** Where a PUT or PATCH of a VM goes. */
export interface VmPlace {
  /** As first written, or as it would be. */
  readonly armId: string;
  readonly before: VmResource | null;
}

/** 404 without the group, and for a PATCH without the VM; 409 while one of them is being deleted. */
export function placeOfVm(request: ArmRequest, context: ArmContext): VmPlace {
  const group = findGroup(request, context);
  if (group.provisioningState === 'Deleting')
    throw operationNotAllowed(`The resource group '${group.name}' is being deleted.`);
  const before = vmIfAny(request, context);
  if (before === null && request.method === 'PATCH')
    throw resourceNotFound(VM_TYPE, request.name('vm'), request.resourceGroup);
  if (before?.provisioningState === 'Deleting')
    throw operationNotAllowed(`The virtual machine '${before.vm.name}' is being deleted.`);
  return { armId: before?.armId ?? `${group.armId}/providers/${VM_TYPE}/${request.name('vm')}`, before };
}
