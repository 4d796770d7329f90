import { AvailabilitySetId, VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';

let built = 0;

/** An eligible Windows Server 2019 VM in eastus, with a name of its own. What a test does not say does not matter to it. */
export function aVm(over: Partial<VirtualMachine> & { readonly name?: string } = {}): VirtualMachine {
  built += 1;
  const name = over.name ?? `vm-${String(built).padStart(4, '0')}`;
  const subscriptionId = over.subscriptionId ?? '00000000-0000-0000-0000-000000000001';
  const resourceGroup = over.resourceGroup ?? 'app';
  const armId = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/virtualMachines/${name}`;
  const linux = over.osType === 'Linux';
  return {
    id: VmId.parse(armId),
    armId,
    name,
    subscriptionId,
    resourceGroup,
    region: 'eastus',
    zone: null,
    availabilitySetId: null,
    updateDomain: null,
    osType: 'Windows',
    vmSize: 'Standard_D2s_v3',
    image: linux ? UBUNTU_18_04 : WINDOWS_2019,
    customImage: false,
    patchMode: 'AutomaticByPlatform',
    enableAutomaticUpdates: linux ? null : true,
    provisionVMAgent: true,
    timeZone: null,
    tags: {},
    enabled: true,
    ...over,
  };
}

/** So many VMs, each made from its index. */
export function vmsOf(
  count: number,
  over: (index: number) => Partial<VirtualMachine> & { readonly name?: string } = () => ({}),
): VirtualMachine[] {
  return Array.from({ length: count }, (_, index) => aVm(over(index)));
}

/** The id of an availability set by its name. */
export function aSet(name: string): AvailabilitySetId {
  return AvailabilitySetId.parse(
    `/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/app/providers/Microsoft.Compute/availabilitySets/${name}`,
  );
}

export const WINDOWS_2019 = {
  publisher: 'MicrosoftWindowsServer',
  offer: 'WindowsServer',
  sku: '2019-Datacenter',
  version: 'latest',
} as const;

export const UBUNTU_18_04 = {
  publisher: 'Canonical',
  offer: 'UbuntuServer',
  sku: '18.04-LTS',
  version: 'latest',
} as const;
