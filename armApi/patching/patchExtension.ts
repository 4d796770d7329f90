import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmReading } from '../../drivers/driver';

export const PATCH_EXTENSION_PUBLISHER = 'Microsoft.CPlat.Core';

/** which extension installs the patches. */
export function patchExtensionName(osType: VirtualMachine['osType']): string {
  return osType === 'Windows' ? 'WindowsPatchExtension' : 'LinuxPatchExtension';
}

/** The patch extension as a child resource of its VM; none until it is installed. Lowtide alone writes it. */
export function patchExtensionResources({
  vm,
  extension,
}: VmReading): readonly Readonly<Record<string, unknown>>[] {
  if (extension === null) return [];
  const name = patchExtensionName(vm.osType);
  return [
    {
      id: `${vm.armId}/extensions/${name}`,
      name,
      type: 'Microsoft.Compute/virtualMachines/extensions',
      location: vm.region,
      properties: {
        publisher: PATCH_EXTENSION_PUBLISHER,
        type: name,
        typeHandlerVersion: extension.version.split('.').slice(0, 2).join('.'),
        autoUpgradeMinorVersion: true,
        provisioningState: 'Succeeded',
      },
    },
  ];
}
