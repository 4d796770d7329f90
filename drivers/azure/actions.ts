/** A request to ARM, as far as its permission is concerned. */
export interface RequestedOf {
  readonly method: string;
  /** Path, with or without query. */
  readonly path: string;
}

/**
 * The permission that a request needs, as Azure's roles name it: `Microsoft.Compute/virtualMachines/installPatches/action`. Null for what needs
 * none of its own. Throws for a request the driver is not known to send: then its role would lack something.
 */
export function actionOf({ method, path }: RequestedOf): string | null {
  const [clean = ''] = path.split('?');
  const provider = /^.*\/providers\/(Microsoft\.[^/]+)\/(.+)$/i.exec(clean.replace(/\/+$/, ''));
  if (provider === null) return null;
  const [, namespace = '', rest = ''] = provider;
  const found = ACTIONS.find(
    (one) => one.method === method && one.namespace === namespace.toLowerCase() && one.rest.test(rest),
  );
  if (found === undefined) throw new Error(`No permission is known for ${method} ${clean}.`);
  return found.action;
}

const COMPUTE = 'microsoft.compute';
const VM = 'virtualMachines/[^/]+';

const ACTIONS: readonly {
  readonly method: string;
  readonly namespace: string;
  readonly rest: RegExp;
  readonly action: string;
}[] = [
  row('GET', COMPUTE, VM, 'Microsoft.Compute/virtualMachines/read'),
  row('GET', COMPUTE, 'virtualMachines', 'Microsoft.Compute/virtualMachines/read'),
  row('GET', COMPUTE, `${VM}/instanceView`, 'Microsoft.Compute/virtualMachines/instanceView/read'),
  row('POST', COMPUTE, `${VM}/assessPatches`, 'Microsoft.Compute/virtualMachines/assessPatches/action'),
  row('POST', COMPUTE, `${VM}/installPatches`, 'Microsoft.Compute/virtualMachines/installPatches/action'),
  row('PATCH', COMPUTE, VM, 'Microsoft.Compute/virtualMachines/write'),
  row('GET', COMPUTE, 'locations/[^/]+/operations/[^/]+', 'Microsoft.Compute/locations/operations/read'),
  row('POST', 'microsoft.resourcegraph', 'resources', 'Microsoft.ResourceGraph/resources/read'),
  row(
    'GET',
    'microsoft.resourcehealth',
    'availabilityStatuses/current',
    'Microsoft.ResourceHealth/AvailabilityStatuses/current/read',
  ),
  row(
    'GET',
    'microsoft.maintenance',
    'configurationAssignments',
    'Microsoft.Maintenance/configurationAssignments/read',
  ),
];

function row(method: string, namespace: string, rest: string, action: string): (typeof ACTIONS)[number] {
  return { method, namespace, rest: new RegExp(`^${rest}$`, 'i'), action };
}

/** What a query of Resource Graph needs to see rows: read on the types it names, and nothing else (azure-driver-facts, section 2). */
export const GRAPH_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  virtualMachines: ['Microsoft.Compute/virtualMachines/read'],
  subscriptions: ['Microsoft.Resources/subscriptions/read'],
  // Those that patch guests have a permission of their own (docs/azure.md, Permissions).
  assignments: [
    'Microsoft.Maintenance/configurationAssignments/maintenanceScope/InGuestPatch/read',
    'Microsoft.Maintenance/configurationAssignments/read',
  ],
  assessments: ['Microsoft.Compute/virtualMachines/patchAssessmentResults/latest/read'],
};
