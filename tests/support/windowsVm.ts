import { WINDOWS_2019 } from './builders';

/** `properties` of a Windows VM that a rollout patches: a supported image, and the platform is to patch it. */
export const PATCHED_WINDOWS = {
  storageProfile: {
    imageReference: WINDOWS_2019,
  },
  osProfile: {
    windowsConfiguration: {
      provisionVMAgent: true,
      enableAutomaticUpdates: true,
      patchSettings: { patchMode: 'AutomaticByPlatform' },
    },
  },
};

/** A fleet file: in each region so many VMs, named `region-1` and so on. */
export const windowsFleet = (
  regions: readonly string[],
  perRegion: number,
): { readonly virtualMachines: readonly unknown[] } => ({
  virtualMachines: regions.flatMap((location) =>
    Array.from({ length: perRegion }, (_, index) => ({
      id: `/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${location}-${index + 1}`,
      location,
      properties: PATCHED_WINDOWS,
    })),
  ),
});
