import { dashboardRoutes } from './dashboard/dashboardRoutes';
import { fleetRoutes } from './fleet';
import { rolloutRoutes } from './rollouts';
import { simulatedRoutes } from './simulated';
import { unservedRoutes } from './unserved';
import { virtualMachineRoutes } from './virtualMachines';
import type { OperatorRoute } from './route';

const served: readonly OperatorRoute[] = [
  ...fleetRoutes,
  ...rolloutRoutes,
  ...virtualMachineRoutes,
  ...dashboardRoutes,
  ...simulatedRoutes,
];

/** Every route of the operator's API. A function is registered for each, under its name. */
export const operatorRoutes: readonly OperatorRoute[] = [...served, ...unservedRoutes(served)];
