import type { ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { ArmError, resourceNotFound } from '../http/armError';
import { findGroup } from './lookup';
import { page } from '../http/paging';
import { objectAt, type JsonObject } from '../http/json';
import { objectBody } from '../http/requestBody';
import { withoutSecrets } from './withoutSecrets';

/** `az vm create` puts a network around the VM and reads it again. There is none here: what is put is kept, and does nothing. */
const NAMESPACE = 'Microsoft.Network';
const ALL =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Network/{networkType}';
const ONE = `${ALL}/{resource}`;
const family = 'resources';

/** Of the store's 900 KB a row. */
const BYTES_MAX = 800_000;

const listNetworkResources: ArmRoute = {
  name: 'armListNetworkResources',
  route: ALL,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: async (request, context) => {
    const group = findGroup(request, context);
    const type = typeOf(request).toLowerCase();
    const kept = (await context.services.armResources.list(group.armId))
      .filter((resource) => resource.type.toLowerCase() === type)
      .sort((a, b) => (a.armId.toLowerCase() < b.armId.toLowerCase() ? -1 : 1));
    return page(
      request,
      kept,
      ({ armId }) => armId.toLowerCase(),
      ({ body }) => body,
    );
  },
};

const getNetworkResource: ArmRoute = {
  name: 'armGetNetworkResource',
  route: ONE,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: async (request, context) => {
    const group = findGroup(request, context);
    const [type, name] = [typeOf(request), request.name('resource')];
    const id = `${group.armId}/providers/${type}/${name}`;
    const kept = await context.services.armResources.read(group.armId, id);
    if (kept === null) throw resourceNotFound(type, name, request.resourceGroup);
    return { status: 200, body: kept.body };
  },
};

const putNetworkResource: ArmRoute = {
  name: 'armPutNetworkResource',
  route: ONE,
  methods: ['PUT'],
  role: 'operator',
  family,
  handler: async (request, context) => {
    const body = networkBody(
      request,
      context,
      typeOf(request),
      request.name('resource'),
      objectBody(request),
    );
    await keepNetwork(request, context, body);
    return { status: 200, body };
  },
};

const deleteNetworkResource: ArmRoute = {
  name: 'armDeleteNetworkResource',
  route: ONE,
  methods: ['DELETE'],
  role: 'operator',
  family,
  handler: async (request, context) => {
    const { armId } = findGroup(request, context);
    const id = `${armId}/providers/${typeOf(request)}/${request.name('resource')}`;
    const kept = await context.services.armResources.read(armId, id);
    if (kept === null) return { status: 204 };
    await context.services.armResources.remove(armId, id);
    return { status: 200 };
  },
};

function typeOf(request: ArmRequest): string {
  return `${NAMESPACE}/${request.name('networkType')}`;
}

/** The resource as it is going to be shown; throws 4xx for one that cannot be kept. */
export function networkBody(
  request: ArmRequest,
  context: ArmContext,
  type: string,
  name: string,
  sent: JsonObject,
): JsonObject {
  if (!/^[A-Za-z0-9]{1,60}$/.test(type.slice(NAMESPACE.length + 1)))
    throw new ArmError(
      400,
      'InvalidResourceType',
      `The resource type '${type.slice(0, 80)}' is not served here.`,
    );
  if (!/^\w[\w.-]{0,79}$/.test(name))
    throw new ArmError(
      400,
      'InvalidResourceName',
      `Resource name '${name.slice(0, 80)}' is invalid: up to 80 letters, digits, '_', '-' and '.'.`,
    );
  const given = withoutSecrets(sent) as JsonObject;
  const id = `${findGroup(request, context).armId}/providers/${type}/${name}`;
  const body = {
    ...given,
    id,
    name,
    type,
    properties: { ...objectAt(given, 'properties'), provisioningState: 'Succeeded' },
  };
  if (Buffer.byteLength(JSON.stringify(body)) > BYTES_MAX)
    throw new ArmError(413, 'RequestContentTooLarge', `The resource is larger than ${BYTES_MAX} bytes.`);
  return body;
}

export function keepNetwork(request: ArmRequest, context: ArmContext, body: JsonObject): Promise<void> {
  const { armId } = findGroup(request, context);
  return context.services.armResources.put(armId, {
    armId: String(body['id']),
    type: String(body['type']),
    body: { ...body },
  });
}

export const networkRoutes: readonly ArmRoute[] = [
  listNetworkResources,
  getNetworkResource,
  putNetworkResource,
  deleteNetworkResource,
];
