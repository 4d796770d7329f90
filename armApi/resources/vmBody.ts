import { isAtLeast } from '../../domain/apiVersion';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext } from '../http/armRoute';
import { armTime } from '../http/armTime';
import { isObject } from '../../domain/isObject';
import { at, objectAt, type JsonObject } from '../http/json';
import { patchExtensionResources } from '../patching/patchExtension';
import { inVersion } from '../patching/inVersion';
import { instanceViewOf } from './instanceView';
import { VM_TYPE } from './lookup';
import { shownModel } from './shownModel';
import { etagOf, hasEtag } from './vmEtag';

/** How a VM is asked for. */
export interface Shown {
  readonly apiVersion: string;
  /** With its instance view. */
  readonly expanded?: boolean;
  /** In a list of a whole subscription, where Azure writes the group in capitals (23, 24). */
  readonly groupInCapitals?: boolean;
}

const WRITTEN_HERE = ['name', 'id', 'type', 'location', 'tags', 'properties'];

/** A VM as it is shown: in the shapes of the version, without secrets, with what Azure adds. */
export async function vmBody(vm: VmResource, context: ArmContext, how: Shown): Promise<JsonObject> {
  const { apiVersion, expanded, groupInCapitals } = how;
  const shown = inVersion(shownModel(vm.model), apiVersion);
  const { tags, properties } = shown;
  const envelope = Object.fromEntries(
    Object.entries(shown).filter(([member]) => !WRITTEN_HERE.includes(member)),
  );
  const reading = vm.vm.enabled ? await context.services.driver.readVirtualMachine(vm.id) : null;
  const extensions = reading === null ? [] : patchExtensionResources(reading);
  // The order of members is Azure's (18).
  const { hardwareProfile, virtualMachineScaleSet, ...profiles } = isObject(properties) ? properties : {};
  return {
    name: vm.vm.name,
    id: groupInCapitals === true ? withGroupInCapitals(vm.armId) : vm.armId,
    type: VM_TYPE,
    location: vm.vm.region,
    tags,
    ...envelope,
    properties: {
      hardwareProfile,
      provisioningState: vm.provisioningState,
      vmId: vm.vmId,
      virtualMachineScaleSet,
      ...profiles,
      availabilitySet: availabilitySetOf(profiles),
      instanceView: expanded === true ? await instanceViewOf(context, vm, apiVersion) : undefined,
      timeCreated: isAtLeast(apiVersion, '2021-11-01') ? armTime(vm.createdUtc) : undefined,
    },
    etag: hasEtag(apiVersion) ? etagOf(vm) : undefined,
    resources: extensions.length > 0 ? extensions : undefined,
  };
}

/** Of a VM or a set, as Azure writes it where it did not ask the resource itself. */
export function withGroupInCapitals(armId: string): string {
  return armId.replace(/(?<=\/resourceGroups\/)[^/]+/i, (group) => group.toUpperCase());
}

/** A VM names its set in capitals (60). */
function availabilitySetOf(profiles: JsonObject): JsonObject | undefined {
  const id = at(profiles, 'availabilitySet', 'id');
  if (typeof id !== 'string') return undefined;
  const capitals = withGroupInCapitals(id).replace(/[^/]+$/, (name) => name.toUpperCase());
  return { ...objectAt(profiles, 'availabilitySet'), id: capitals };
}
