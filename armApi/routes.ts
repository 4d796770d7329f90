import type { ArmRoute } from './http/armRoute';
import { operationRoutes } from './http/longRunning';
import { unservedRoutes } from './http/unserved';
import { operationKinds } from './operationKinds';
import { assessPatchesRoutes } from './patching/assessPatches';
import { installPatchesRoutes } from './patching/installPatches';
import { availabilitySetRoutes } from './resources/availabilitySets';
import { extensionRoutes } from './resources/extensions';
import { featureRoutes } from './resources/features';
import { imageRoutes } from './resources/images';
import { maintenanceRoutes } from './resources/maintenance';
import { instanceViewRoutes } from './resources/instanceView';
import { networkRoutes } from './resources/network';
import { powerRoutes } from './resources/power';
import { providerRoutes } from './resources/providers';
import { resourceGraphRoutes } from './resources/resourceGraph';
import { resourceGroupRoutes } from './resources/resourceGroups';
import { resourceHealthRoutes } from './resources/resourceHealth';
import { subscriptionRoutes } from './resources/subscriptions';
import { virtualMachineRoutes } from './resources/virtualMachines';
import { vmListRoutes } from './resources/vmLists';
import { deploymentRoutes } from './templates/deployments';

const served: readonly ArmRoute[] = [
  ...subscriptionRoutes,
  ...providerRoutes,
  ...featureRoutes,
  ...resourceGroupRoutes,
  ...resourceGraphRoutes,
  ...resourceHealthRoutes,
  ...maintenanceRoutes,
  ...deploymentRoutes,
  ...virtualMachineRoutes,
  ...vmListRoutes,
  ...instanceViewRoutes,
  ...powerRoutes,
  ...assessPatchesRoutes,
  ...installPatchesRoutes,
  ...extensionRoutes,
  ...availabilitySetRoutes,
  ...imageRoutes,
  ...networkRoutes,
  ...operationRoutes(operationKinds),
];

/** Every route of the ARM-compatible API. A function is registered for each, under its name. */
export const armRoutes: readonly ArmRoute[] = [...served, ...unservedRoutes(served)];
