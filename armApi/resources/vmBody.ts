import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext } from '../http/armRoute';
import { objectAt, type JsonObject } from '../http/json';
import { patchExtensionResources } from '../patching/patchExtension';
import { inVersion } from '../patching/patchMembers';
import { instanceViewOf } from './instanceView';
import { VM_TYPE } from './lookup';
import { withoutSecrets } from './mergedModel';

/** A VM as it is shown: in the shapes of the version, without secrets, with what Azure adds. */
export async function vmBody(
  vm: VmResource,
  context: ArmContext,
  apiVersion: string,
  expanded: boolean,
): Promise<JsonObject> {
  const shown = inVersion(withoutSecrets(vm.model) as JsonObject, apiVersion);
  const reading = vm.vm.enabled ? await context.services.driver.readVirtualMachine(vm.id) : null;
  const extensions = reading === null ? [] : patchExtensionResources(reading);
  return {
    ...shown,
    id: vm.armId,
    name: vm.vm.name,
    type: VM_TYPE,
    location: vm.vm.region,
    resources: extensions.length > 0 ? extensions : undefined,
    properties: {
      ...objectAt(shown, 'properties'),
      vmId: vm.vmId,
      provisioningState: vm.provisioningState,
      instanceView: expanded ? await instanceViewOf(context, vm, apiVersion) : undefined,
    },
  };
}
