import { z } from 'zod';
import { AvailabilitySetId, isScaleSet } from '../../domain/ids';
import { regionNameOf } from '../../domain/regions';
import { UPDATE_DOMAINS_DEFAULT } from '../../domain/updateDomains';
import type { SetResource } from '../../drivers/simulated/resources/resourceContracts';
import type { ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import {
  ArmError,
  invalidParameter,
  operationNotAllowed,
  propertyChangeNotAllowed,
  resourceNotFound,
} from '../http/armError';
import { checkResourceName, locationOf, Tags } from '../http/envelope';
import { findGroup } from './lookup';
import { withGroupInCapitals } from './vmBody';
import { requireProvider } from './requireProvider';
import { page } from '../http/paging';
import { at, objectAt, type JsonObject } from '../http/json';
import { objectBody } from '../http/requestBody';

const TYPE = 'Microsoft.Compute/availabilitySets';
const IN_SUBSCRIPTION = 'subscriptions/{subscriptionId}/providers/Microsoft.Compute/availabilitySets';
const IN_GROUP =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/availabilitySets';
const ONE = `${IN_GROUP}/{availabilitySet}`;
const family = 'compute';

/** Azure's limits. */
const LIMITS = { platformUpdateDomainCount: 20, platformFaultDomainCount: 3 } as const;
const FAULT_DOMAINS_DEFAULT = 3;

const SetBody = z.looseObject({
  location: z.string().nullish(),
  tags: Tags,
  sku: z.looseObject({ name: z.string().nullish() }).nullish(),
  properties: z
    .looseObject({
      platformUpdateDomainCount: z.number().nullish(),
      platformFaultDomainCount: z.number().nullish(),
      proximityPlacementGroup: z.looseObject({ id: z.string() }).nullish(),
    })
    .nullish(),
});
type SetBody = z.infer<typeof SetBody>;

const getAvailabilitySet: ArmRoute = {
  name: 'armGetAvailabilitySet',
  route: ONE,
  methods: ['GET'],
  role: 'reader',
  family,
  quota: 'getSet',
  handler: (request, context) => Promise.resolve({ status: 200, body: setBody(find(request, context)) }),
};

const listAvailabilitySetsInGroup: ArmRoute = {
  name: 'armListAvailabilitySetsInGroup',
  route: IN_GROUP,
  methods: ['GET'],
  role: 'reader',
  family,
  quota: 'getSet',
  handler: (request, context) => {
    findGroup(request, context);
    const { subscriptionId, resourceGroup } = request;
    const sets = context.services.driver.resources
      .availabilitySets({ subscriptionId, resourceGroup })
      .filter(({ id }) => !isScaleSet(id));
    return Promise.resolve(page(request, sets, ({ id }) => id, setBody));
  },
};

const listAvailabilitySets: ArmRoute = {
  name: 'armListAvailabilitySets',
  route: IN_SUBSCRIPTION,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: (request, { services }) => {
    const { subscriptionId } = request;
    const sets = services.driver.resources
      .availabilitySets({ subscriptionId })
      .filter(({ id }) => !isScaleSet(id));
    return Promise.resolve(page(request, sets, ({ id }) => id, setBody));
  },
};

const putAvailabilitySet: ArmRoute = {
  name: 'armPutAvailabilitySet',
  route: ONE,
  methods: ['PUT', 'PATCH'],
  role: 'operator',
  family,
  quota: 'putSet',
  handler: async (request, context) => {
    const group = findGroup(request, context);
    requireProvider(request, context);
    const before = request.method === 'PATCH' ? find(request, context) : existing(request, context);
    const sent = SetBody.parse(objectBody(request));
    if (before === null) checkResourceName(request.name('availabilitySet'), 'availabilitySetName');
    const armId = before?.armId ?? `${group.armId}/providers/${TYPE}/${request.name('availabilitySet')}`;
    const model = modelOf(armId, sent, before, request.method);
    return {
      status: 200,
      body: changedBody(await context.services.driver.resources.putAvailabilitySet(model)),
    };
  },
};

const deleteAvailabilitySet: ArmRoute = {
  name: 'armDeleteAvailabilitySet',
  route: ONE,
  methods: ['DELETE'],
  role: 'operator',
  family,
  quota: 'deleteSet',
  handler: async (request, context) => {
    const set = existing(request, context);
    if (set === null) return { status: 204 };
    if (set.members.length > 0)
      throw operationNotAllowed(
        `Availability Set '${request.name('availabilitySet')}' cannot be deleted. Before deleting an Availability Set please ensure that it does not contain any VM.`,
      );
    await context.services.driver.resources.deleteAvailabilitySet(set.id);
    return { status: 200 };
  },
};

function existing(request: ArmRequest, { services }: ArmContext): SetResource | null {
  const { subscriptionId, resourceGroup, name } = request;
  const id = AvailabilitySetId.safeParse(
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${TYPE}/${name('availabilitySet')}`,
  );
  return id.success ? services.driver.resources.availabilitySet(id.data) : null;
}

function find(request: ArmRequest, context: ArmContext): SetResource {
  findGroup(request, context);
  const found = existing(request, context);
  if (found === null) throw resourceNotFound(TYPE, request.name('availabilitySet'), request.resourceGroup);
  return found;
}

/** A PUT replaces tags; counts and SKU that are not given stay, or have Azure's defaults. */
function modelOf(armId: string, sent: SetBody, before: SetResource | null, method: string): JsonObject {
  const old = before?.model ?? {};
  const oldLocation = old['location'];
  const known = typeof oldLocation === 'string' ? oldLocation : null;
  const location = regionNameOf(locationOf(sent.location ?? known));
  if (known !== null && regionNameOf(known) !== location)
    throw new ArmError(
      409,
      'InvalidResourceLocation',
      `The availability set already exists in location '${known}'; it cannot be moved to '${location}'.`,
    );
  const stored = at(old, 'sku', 'name');
  const sku = sent.sku?.name ?? (typeof stored === 'string' ? stored : 'Classic');
  const name = ['Classic', 'Aligned'].find((one) => one.toLowerCase() === sku.toLowerCase());
  if (name === undefined)
    throw invalidParameter(`The value '${sku}' of parameter 'sku.name' is not allowed.`, 'sku.name');
  const placement = sent.properties?.proximityPlacementGroup;
  const tags = sent.tags ?? (method === 'PATCH' ? old['tags'] : undefined);
  return {
    id: armId,
    name: armId.split('/').at(-1),
    type: TYPE,
    location,
    sku: { name },
    tags,
    properties: {
      platformUpdateDomainCount: count('platformUpdateDomainCount', UPDATE_DOMAINS_DEFAULT, sent, before),
      platformFaultDomainCount: count('platformFaultDomainCount', FAULT_DOMAINS_DEFAULT, sent, before),
      proximityPlacementGroup: placement ? { id: placement.id } : undefined,
    },
  };
}

function count(
  member: keyof typeof LIMITS,
  otherwise: number,
  sent: SetBody,
  before: SetResource | null,
): number {
  const stored = at(before?.model, 'properties', member);
  const is = typeof stored === 'number' ? stored : before === null ? null : otherwise;
  const wanted = sent.properties?.[member] ?? is ?? otherwise;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > LIMITS[member])
    throw invalidParameter(
      `The value '${wanted}' of parameter '${member}' is out of range: it must be between 1 and ${LIMITS[member]}.`,
      member,
    );
  if (is !== null && is !== wanted) throw propertyChangeNotAllowed(member);
  return wanted;
}

/** What a PUT answers: without the VMs (60). */
function changedBody(set: SetResource): JsonObject {
  const body = setBody(set);
  const members = Object.entries(objectAt(body, 'properties'));
  const properties = Object.fromEntries(members.filter(([member]) => member !== 'virtualMachines'));
  return { ...body, properties };
}

function setBody({ armId, model, members }: SetResource): JsonObject {
  const { location, tags, sku = { name: 'Classic' } } = model;
  return {
    name: armId.split('/').at(-1),
    id: armId,
    type: TYPE,
    location,
    tags,
    properties: {
      platformUpdateDomainCount: UPDATE_DOMAINS_DEFAULT,
      platformFaultDomainCount: FAULT_DOMAINS_DEFAULT,
      ...objectAt(model, 'properties'),
      virtualMachines: members.map((vm) => ({
        id: withGroupInCapitals(vm.armId).replace(/[^/]+$/, (name) => name.toUpperCase()),
      })),
    },
    sku,
  };
}

export const availabilitySetRoutes: readonly ArmRoute[] = [
  getAvailabilitySet,
  listAvailabilitySetsInGroup,
  listAvailabilitySets,
  putAvailabilitySet,
  deleteAvailabilitySet,
];
