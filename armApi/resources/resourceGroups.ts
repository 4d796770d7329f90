import { z } from 'zod';
import { regionNameOf } from '../../domain/regions';
import type { GroupResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmRequest, ArmRoute } from '../http/armRoute';
import { ArmError } from '../http/armError';
import { findGroup } from './lookup';
import { accepted } from '../http/longRunning';
import { locationOf, Tags } from '../http/envelope';
import { page } from '../http/paging';
import type { JsonObject } from '../http/json';
import { objectBody } from '../http/requestBody';

const ALL = 'subscriptions/{subscriptionId}/resourceGroups';
const ONE = `${ALL}/{resourceGroup}`;
const family = 'resources';

const GroupBody = z.looseObject({ location: z.string().nullish(), tags: Tags });

const listResourceGroups: ArmRoute = {
  name: 'armListResourceGroups',
  route: ALL,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: (request, { services }) =>
    Promise.resolve(
      page(
        request,
        services.driver.resources.resourceGroups(request.subscriptionId),
        ({ name }) => name.toLowerCase(),
        groupBody,
      ),
    ),
};

const getResourceGroup: ArmRoute = {
  name: 'armGetResourceGroup',
  route: ONE,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: (request, context) =>
    Promise.resolve({ status: 200, body: groupBody(findGroup(request, context)) }),
};

const headResourceGroup: ArmRoute = {
  name: 'armHeadResourceGroup',
  route: ONE,
  methods: ['HEAD'],
  role: 'reader',
  family,
  handler: (request, { services }) =>
    Promise.resolve({ status: services.driver.resources.resourceGroup(request) === null ? 404 : 204 }),
};

const putResourceGroup: ArmRoute = {
  name: 'armPutResourceGroup',
  route: ONE,
  methods: ['PUT', 'PATCH'],
  role: 'operator',
  family,
  handler: async (request, context) => {
    const { resources } = context.services.driver;
    const before =
      request.method === 'PATCH' ? findGroup(request, context) : resources.resourceGroup(request);
    if (before === null) checkName(request);
    if (before?.provisioningState === 'Deleting') throw beingDeleted(request);
    const body = GroupBody.parse(objectBody(request));
    const location = regionNameOf(locationOf(body.location ?? before?.location));
    if (before !== null && before.location !== location) throw elsewhere(before, location);
    const { subscriptionId, resourceGroup } = request;
    const tags = body.tags ?? (request.method === 'PATCH' ? (before?.tags ?? {}) : {});
    const group = await resources.putResourceGroup({ subscriptionId, resourceGroup, location, tags });
    return { status: before === null ? 201 : 200, body: groupBody(group) };
  },
};

/** With everything in it. */
const deleteResourceGroup: ArmRoute = {
  name: 'armDeleteResourceGroup',
  route: ONE,
  methods: ['DELETE'],
  role: 'operator',
  family,
  handler: async (request, context) => {
    const { armId: resourceId, location } = findGroup(request, context);
    const { resources } = context.services.driver;
    const doneUtc = await resources.deleteResourceGroup(request);
    await context.services.armResources.removeGroup(resourceId);
    return accepted(request, context, {
      kind: 'groupDelete',
      location,
      resourceId,
      data: { doneUtc: doneUtc ?? context.services.nowUtc() },
    });
  },
};

function groupBody({ armId, name, location, tags, provisioningState }: GroupResource): JsonObject {
  return {
    id: armId,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    tags,
    properties: { provisioningState },
  };
}

function checkName({ resourceGroup }: ArmRequest): void {
  if (/^[\p{L}\p{N}_.()-]{0,89}[\p{L}\p{N}_()-]$/u.test(resourceGroup)) return;
  throw new ArmError(
    400,
    'InvalidResourceGroupName',
    `The resource group name '${resourceGroup}' is invalid: up to 90 letters, digits, '_', '-', '.', '(' and ')', no '.' at the end.`,
  );
}

function beingDeleted({ resourceGroup }: ArmRequest): ArmError {
  return new ArmError(
    409,
    'ResourceGroupBeingDeleted',
    `The resource group '${resourceGroup}' is in deprovisioning state and cannot perform this operation.`,
  );
}

function elsewhere({ name, location }: GroupResource, wanted: string): ArmError {
  return new ArmError(
    409,
    'InvalidResourceGroupLocation',
    `Invalid resource group location '${wanted}'. The Resource group '${name}' already exists in location '${location}'.`,
  );
}

export const resourceGroupRoutes: readonly ArmRoute[] = [
  listResourceGroups,
  getResourceGroup,
  headResourceGroup,
  putResourceGroup,
  deleteResourceGroup,
];
