import { isScaleSet, type AvailabilitySetId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { ArmResource } from '../../drivers/fleet/armModel';
import { unlistedSet, type ImportedSet } from '../../drivers/fleet/importedSet';
import type { ParsedFleet } from '../../drivers/fleet/parseFleet';

/** A fleet of VMs that come from no file: their models are made from what is known of them. */
export function fleetFromVms(vms: readonly VirtualMachine[]): ParsedFleet {
  const sorted = vms.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const sets = new Map<AvailabilitySetId, ImportedSet>();
  for (const { availabilitySetId: id, region } of sorted)
    if (id !== null) sets.set(id, unlistedSet(id, id, region));
  return {
    vms: sorted,
    models: new Map(sorted.map((vm) => [vm.id, modelOf(vm)])),
    instances: new Map(),
    availabilitySets: sets,
    notes: [],
  };
}

function modelOf(vm: VirtualMachine): ArmResource {
  const platform = {
    rebootSetting: vm.rebootSetting,
    bypassPlatformSafetyChecksOnUserSchedule: vm.customerManagedSchedule,
  };
  const hasPlatform = Object.values(platform).some((value) => value !== undefined);
  const patchSettings = {
    patchMode: vm.patchMode,
    assessmentMode: vm.assessmentMode,
    automaticByPlatformSettings: hasPlatform ? platform : undefined,
  };
  const configuration = {
    provisionVMAgent: vm.provisionVMAgent ?? undefined,
    patchSettings:
      vm.patchMode === null ? vm.assessmentMode && { assessmentMode: vm.assessmentMode } : patchSettings,
  };
  const windowsOnly = {
    enableAutomaticUpdates: vm.enableAutomaticUpdates ?? undefined,
    timeZone: vm.timeZone ?? undefined,
  };
  return withoutUndefined({
    id: vm.armId,
    name: vm.name,
    type: 'Microsoft.Compute/virtualMachines',
    location: vm.region,
    tags: vm.tags,
    zones: vm.zone === null ? undefined : [vm.zone],
    properties: {
      hardwareProfile: { vmSize: vm.vmSize },
      storageProfile: {
        imageReference: vm.customImage ? { id: vm.imageId ?? `${vm.armId}/image` } : vm.image,
        osDisk: { createOption: 'FromImage', osType: vm.osType },
      },
      osProfile:
        vm.osType === 'Linux'
          ? { linuxConfiguration: configuration }
          : { windowsConfiguration: { ...windowsOnly, ...configuration } },
      ...setOf(vm),
    },
  });
}

function setOf({ availabilitySetId: id, updateDomain }: VirtualMachine): Record<string, unknown> {
  if (id === null) return {};
  const domain = updateDomain ?? undefined;
  return isScaleSet(id)
    ? { virtualMachineScaleSet: { id }, instanceView: { platformFaultDomain: domain } }
    : { availabilitySet: { id }, instanceView: { platformUpdateDomain: domain } };
}

/** A resource as JSON has it: no member is undefined, at any depth. */
function withoutUndefined(model: ArmResource): ArmResource {
  return JSON.parse(JSON.stringify(model)) as ArmResource;
}
