import { armRoute, type ArmContext, type ArmRequest } from '../http/armRoute';
import { operationNotAllowed, resourceNotFound } from '../http/armError';
import { instanceViewOf } from './instanceView';
import { findVm, VM_TYPE } from './lookup';
import { patchExtensionResources } from '../patching/patchExtension';
import { isObject, type JsonObject } from '../http/requestBody';
import { at } from './vmModel';

const ALL =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Compute/virtualMachines/{vm}/extensions';
const ONE = `${ALL}/{extension}`;
const family = 'compute';

/** the patch extension is the only one, and is there once it is installed. */
armRoute({ name: 'armListExtensions', route: ALL, methods: ['GET'], family }, async (request, context) => ({
  status: 200,
  body: { value: await extensionsOf(request, context) },
}));

armRoute({ name: 'armGetExtension', route: ONE, methods: ['GET'], family }, async (request, context) => {
  const name = request.name('extension');
  const found = (await extensionsOf(request, context)).find(
    (extension) => String(extension['name']).toLowerCase() === name.toLowerCase(),
  );
  if (found === undefined)
    throw resourceNotFound(`${VM_TYPE}/${request.name('vm')}/extensions`, name, request.resourceGroup);
  if (request.query('$expand')?.toLowerCase() !== 'instanceview') return { status: 200, body: found };
  const properties = at(found, 'properties');
  const instanceView = await viewOf(request, context, String(found['name']));
  return {
    status: 200,
    body: { ...found, properties: { ...(isObject(properties) && properties), instanceView } },
  };
});

armRoute(
  { name: 'armPutExtension', route: ONE, methods: ['PUT', 'PATCH', 'DELETE'], family },
  (request, context) => {
    findVm(request, context);
    return Promise.reject(
      operationNotAllowed(
        'Nobody installs, updates or removes extensions here: the patch extension is managed by the platform, in off-peak hours, and there are no others.',
        request.name('extension'),
      ),
    );
  },
);

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
