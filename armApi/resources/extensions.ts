import type { ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { operationNotAllowed, resourceNotFound } from '../http/armError';
import { instanceViewOf } from './instanceView';
import { findVm, VM_TYPE } from './lookup';
import { patchExtensionResources } from '../patching/patchExtension';
import { at, objectAt, type JsonObject } from '../http/json';

const ALL =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/extensions';
const ONE = `${ALL}/{extension}`;
const family = 'compute';

/** the patch extension is the only one, and is there once it is installed. */
const listExtensions: ArmRoute = {
  name: 'armListExtensions',
  route: ALL,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: async (request, context) => ({
    status: 200,
    body: { value: await extensionsOf(request, context) },
  }),
};

const getExtension: ArmRoute = {
  name: 'armGetExtension',
  route: ONE,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: async (request, context) => {
    const name = request.name('extension');
    const found = (await extensionsOf(request, context)).find(
      (extension) => String(extension['name']).toLowerCase() === name.toLowerCase(),
    );
    if (found === undefined)
      throw resourceNotFound(`${VM_TYPE}/${request.name('vm')}/extensions`, name, request.resourceGroup);
    if (request.query('$expand')?.toLowerCase() !== 'instanceview') return { status: 200, body: found };
    const instanceView = await viewOf(request, context, String(found['name']));
    return {
      status: 200,
      body: { ...found, properties: { ...objectAt(found, 'properties'), instanceView } },
    };
  },
};

const putExtension: ArmRoute = {
  name: 'armPutExtension',
  route: ONE,
  methods: ['PUT', 'PATCH', 'DELETE'],
  role: 'operator',
  family,
  handler: (request, context) => {
    findVm(request, context);
    return Promise.reject(
      operationNotAllowed(
        'Extensions cannot be installed, updated or removed here: the patch extension is managed by the platform, in off-peak hours, and there are no others.',
        request.name('extension'),
      ),
    );
  },
};

async function extensionsOf(request: ArmRequest, context: ArmContext): Promise<readonly JsonObject[]> {
  const { id } = findVm(request, context);
  const reading = await context.services.driver.readVirtualMachine(id);
  return reading === null ? [] : patchExtensionResources(reading);
}

async function viewOf(request: ArmRequest, context: ArmContext, name: string): Promise<unknown> {
  const view = await instanceViewOf(context, findVm(request, context), request.apiVersion);
  const { extensions } = view;
  return Array.isArray(extensions)
    ? extensions.find((extension: unknown) => at(extension, 'name') === name)
    : undefined;
}

export const extensionRoutes: readonly ArmRoute[] = [listExtensions, getExtension, putExtension];
