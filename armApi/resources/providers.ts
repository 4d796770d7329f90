import { knownRegions } from '../../domain/regions';
import type { ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { ArmError } from '../http/armError';
import type { JsonObject } from '../http/json';

const ALL = 'subscriptions/{subscriptionId}/providers';
const ONE = `${ALL}/{namespace}`;

/** Compute is registered by whoever uses it; what Azure registers by itself is. */
const NAMESPACES = ['Microsoft.Compute', 'Microsoft.Features', 'Microsoft.Resources'] as const;
type Namespace = (typeof NAMESPACES)[number];

const COMPUTE_TYPES = [
  'availabilitySets',
  'virtualMachines',
  'virtualMachines/extensions',
  'locations/operations',
];

const listProviders: ArmRoute = {
  name: 'armListProviders',
  route: ALL,
  methods: ['GET'],
  role: 'reader',
  family: 'resources',
  handler: (request, context) =>
    Promise.resolve({
      status: 200,
      body: { value: NAMESPACES.map((namespace) => provider(request, context, namespace)) },
    }),
};

const getProvider: ArmRoute = {
  name: 'armGetProvider',
  route: ONE,
  methods: ['GET'],
  role: 'reader',
  family: 'resources',
  handler: (request, context) =>
    Promise.resolve({ status: 200, body: provider(request, context, namespaceOf(request)) }),
};

/** registers the provider, and propagates to it the features that are Registered. */
const registerProvider: ArmRoute = {
  name: 'armRegisterProvider',
  route: `${ONE}/register`,
  methods: ['POST'],
  role: 'operator',
  family: 'resources',
  handler: async (request, context) => {
    const namespace = namespaceOf(request);
    if (namespace === 'Microsoft.Compute')
      await context.services.driver.resources.registerProvider(request.subscriptionId);
    return { status: 200, body: provider(request, context, namespace) };
  },
};

function namespaceOf(request: ArmRequest): Namespace {
  const written = request.name('namespace');
  const found = NAMESPACES.find((name) => name.toLowerCase() === written.toLowerCase());
  if (found !== undefined) return found;
  throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${written}' is invalid.`);
}

function provider(
  { subscriptionId }: ArmRequest,
  { services }: ArmContext,
  namespace: Namespace,
): JsonObject {
  const compute = namespace === 'Microsoft.Compute';
  const locations = knownRegions().map(({ displayName }) => displayName);
  return {
    id: `/subscriptions/${subscriptionId}/providers/${namespace}`,
    namespace,
    resourceTypes: compute
      ? COMPUTE_TYPES.map((resourceType) => ({
          resourceType,
          locations,
          apiVersions: ['2024-11-01', '2022-11-01', '2020-12-01', '2020-06-01'],
        }))
      : [],
    registrationState: compute ? services.driver.resources.providerState(subscriptionId) : 'Registered',
    registrationPolicy: compute ? 'RegistrationRequired' : 'RegistrationFree',
  };
}

export const providerRoutes: readonly ArmRoute[] = [listProviders, getProvider, registerProvider];
