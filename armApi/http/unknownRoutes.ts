import type { HttpMethod } from '@azure/functions';
import { armRoute, methodsAt, type ArmRequest } from './armRoute';
import { ArmError } from './armError';

const ALL: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];
const ALL_BUT_GET = ALL.filter((method) => method !== 'GET');

/**
 * Whatever no other route takes: the host would answer an unknown path or method with an empty 404, clients expect an ARM error. Routes
 * with more literal segments win over these, on every host.
 */
armRoute(
  {
    name: 'armUnknown',
    route: 'subscriptions/{subscriptionId}/{segment}/{*rest}',
    methods: ALL,
    family: null,
  },
  (request) => Promise.reject(unknown(request)),
);

/** What Azure has outside of subscriptions, as GET /providers. */
armRoute({ name: 'armUnknownProviders', route: 'providers/{*rest}', methods: ALL, family: null }, (request) =>
  Promise.reject(unknown(request)),
);

for (const [name, route] of [
  ['armSubscriptionsOther', 'subscriptions'],
  ['armSubscriptionOther', 'subscriptions/{subscriptionId}'],
  ['armTenantsOther', 'tenants'],
] as const)
  armRoute({ name, route, methods: ALL_BUT_GET, family: null }, (request) =>
    Promise.reject(methodNotAllowed(request, ['GET'])),
  );

function unknown(request: ArmRequest): ArmError {
  const methods = methodsAt(request.path);
  if (methods.length > 0) return methodNotAllowed(request, methods);
  const [, namespace, type] = /\/providers\/([^/]+)(?:\/([^/]+))?/i.exec(request.path) ?? [];
  if (namespace === undefined) return new ArmError(404, 'NotFound', `There is nothing at '${request.path}'.`);
  if (namespace.toLowerCase() !== 'microsoft.compute')
    return new ArmError(
      404,
      'InvalidResourceNamespace',
      `The resource namespace '${namespace}' is not served here, or not at '${request.path}'.`,
    );
  return new ArmError(
    404,
    'InvalidResourceType',
    `The resource type '${type ?? ''}' could not be found in the namespace 'Microsoft.Compute' at '${request.path}'.`,
  );
}

function methodNotAllowed({ method, path }: ArmRequest, allowed: readonly HttpMethod[]): ArmError {
  return new ArmError(
    405,
    'MethodNotAllowed',
    `The method '${method}' is not supported at '${path}'; supported are ${allowed.join(', ')}.`,
  );
}
