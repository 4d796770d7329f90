import type { HttpMethod } from '@azure/functions';
import type { ArmRequest, ArmRoute } from './armRoute';
import { ArmError } from './armError';

const ALL: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];
const ALL_BUT_GET = ALL.filter((method) => method !== 'GET');

/**
 * Whatever no other route takes: the host would answer an unknown path or method with an empty 404, clients expect an ARM error. Routes
 * with more literal segments win over these, on every host.
 */
export function unservedRoutes(served: readonly ArmRoute[]): readonly ArmRoute[] {
  const unserved = (request: ArmRequest): Promise<never> => Promise.reject(notServed(request, served));
  const onlyGet = (request: ArmRequest): Promise<never> => Promise.reject(methodNotAllowed(request, ['GET']));
  const family = null;
  return [
    {
      name: 'armUnknown',
      route: 'subscriptions/{subscriptionId}/{segment}/{*rest}',
      methods: ALL,
      family,
      role: 'reader',
      handler: unserved,
    },
    // What Azure has outside of subscriptions, as GET /providers.
    {
      name: 'armUnknownProviders',
      route: 'providers/{*rest}',
      methods: ALL,
      family,
      role: 'reader',
      handler: unserved,
    },
    {
      name: 'armSubscriptionsOther',
      route: 'subscriptions',
      methods: ALL_BUT_GET,
      family,
      role: 'reader',
      handler: onlyGet,
    },
    {
      name: 'armSubscriptionOther',
      route: 'subscriptions/{subscriptionId}',
      methods: ALL_BUT_GET,
      family,
      role: 'reader',
      handler: onlyGet,
    },
    {
      name: 'armTenantsOther',
      route: 'tenants',
      methods: ALL_BUT_GET,
      family,
      role: 'reader',
      handler: onlyGet,
    },
  ];
}

function notServed(request: ArmRequest, served: readonly ArmRoute[]): ArmError {
  const methods = served
    .filter(({ route }) => patternOf(route).test(request.path))
    .flatMap((route) => route.methods);
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

function patternOf(route: string): RegExp {
  const parts = route
    .split('/')
    .map((part) => (part.startsWith('{') ? '[^/]+' : part.replaceAll('.', '\\.')));
  return new RegExp(`^/+${parts.join('/+')}/*$`, 'i');
}

function methodNotAllowed({ method, path }: ArmRequest, allowed: readonly HttpMethod[]): ArmError {
  return new ArmError(
    405,
    'MethodNotAllowed',
    `The method '${method}' is not supported at '${path}'; supported are ${allowed.join(', ')}.`,
  );
}
