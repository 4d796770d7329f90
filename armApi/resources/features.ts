import { featureNameOf, FEATURES, type FeatureName } from '../../domain/features';
import type { ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { ArmError } from '../http/armError';
import type { JsonObject } from '../http/json';

const NAMESPACE = 'Microsoft.Compute';
const OF_NAMESPACE =
  'subscriptions/{subscriptionId}/providers/Microsoft.Features/providers/{namespace}/features';
const FEATURE = `${OF_NAMESPACE}/{feature}`;

/** its state as of now. */
const getFeature: ArmRoute = {
  name: 'armGetFeature',
  route: FEATURE,
  methods: ['GET'],
  role: 'reader',
  family: 'features',
  handler: (request, context) =>
    Promise.resolve({ status: 200, body: featureResult(request, context, featureOf(request)) }),
};

const listFeatures: ArmRoute = {
  name: 'armListFeatures',
  route: OF_NAMESPACE,
  methods: ['GET'],
  role: 'reader',
  family: 'features',
  handler: (request, context) => {
    const own = request.name('namespace').toLowerCase() === NAMESPACE.toLowerCase();
    return Promise.resolve({ status: 200, body: { value: own ? results(request, context) : [] } });
  },
};

const listAllFeatures: ArmRoute = {
  name: 'armListAllFeatures',
  route: 'subscriptions/{subscriptionId}/providers/Microsoft.Features/features',
  methods: ['GET'],
  role: 'reader',
  family: 'features',
  handler: (request, context) => Promise.resolve({ status: 200, body: { value: results(request, context) } }),
};

/** both answer with the state the feature is in from now on. */
function switchRoute(name: string, action: 'register' | 'unregister'): ArmRoute {
  return {
    name,
    route: `${FEATURE}/${action}`,
    methods: ['POST'],
    role: 'operator',
    family: 'features',
    handler: async (request, context) => {
      const feature = featureOf(request);
      const { resources } = context.services.driver;
      await resources[`${action}Feature`](request.subscriptionId, feature);
      return { status: 200, body: featureResult(request, context, feature) };
    },
  };
}

function featureOf(request: ArmRequest): FeatureName {
  const found = featureNameOf(request.name('feature'));
  if (found !== undefined && request.name('namespace').toLowerCase() === NAMESPACE.toLowerCase())
    return found;
  throw new ArmError(
    404,
    'FeatureNotFound',
    `The feature '${request.name('feature')}' could not be found in the namespace '${request.name('namespace')}'.`,
  );
}

function results(request: ArmRequest, context: ArmContext): JsonObject[] {
  return FEATURES.map((feature) => featureResult(request, context, feature));
}

function featureResult(
  { subscriptionId }: ArmRequest,
  { services }: ArmContext,
  feature: FeatureName,
): JsonObject {
  return {
    properties: { state: services.driver.resources.featureState(subscriptionId, feature) },
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.Features/providers/${NAMESPACE}/features/${feature}`,
    type: 'Microsoft.Features/providers/features',
    name: `${NAMESPACE}/${feature}`,
  };
}

export const featureRoutes: readonly ArmRoute[] = [
  getFeature,
  listFeatures,
  listAllFeatures,
  switchRoute('armRegisterFeature', 'register'),
  switchRoute('armUnregisterFeature', 'unregister'),
];
