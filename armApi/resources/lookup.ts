import { VmId } from '../../domain/ids';
import type { GroupResource, VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext, ArmRequest } from '../http/armRoute';
import { ArmError, resourceGroupNotFound, resourceNotFound } from '../http/armError';

export const VM_TYPE = 'Microsoft.Compute/virtualMachines';

/** The ARM id that the request's path names. */
export function vmArmId({ subscriptionId, resourceGroup, name }: ArmRequest): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${VM_TYPE}/${name('vm')}`;
}

/** The resource group that the path names; 404 ResourceGroupNotFound. */
export function findGroup(request: ArmRequest, { services }: ArmContext): GroupResource {
  const group = services.driver.resources.resourceGroup(request);
  if (group === null) throw resourceGroupNotFound(request.resourceGroup);
  return group;
}

/** The VM that `{subscriptionId}`, `{resourceGroup}` and `{vm}` of the path name; 404 ResourceGroupNotFound or ResourceNotFound. */
export function findVm(request: ArmRequest, context: ArmContext): VmResource {
  findGroup(request, context);
  const id = VmId.safeParse(vmArmId(request));
  const found = id.success ? context.services.driver.resources.virtualMachine(id.data) : null;
  if (found === null) throw resourceNotFound(VM_TYPE, request.name('vm'), request.resourceGroup);
  return found;
}

/** As `findVm`, for what changes the VM or works on it: 409 while it is being created or deleted. */
export function findSettledVm(request: ArmRequest, context: ArmContext): VmResource {
  const found = findVm(request, context);
  if (found.provisioningState !== 'Creating' && found.provisioningState !== 'Deleting') return found;
  throw new ArmError(
    409,
    'OperationNotAllowed',
    `The virtual machine '${found.vm.name}' is ${found.provisioningState === 'Creating' ? 'being created' : 'being deleted'}. Try again when that is done.`,
  );
}
