import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { apiVersionOf } from '../http/apiVersion';
import type { ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { ArmError, invalidParameter, operationNotAllowed, type ArmErrorBody } from '../http/armError';
import {
  DeploymentProperties,
  evaluateTemplate,
  idOf,
  invalidTemplate,
  type EvaluatedTemplate,
  type TemplateResource,
} from './deploymentTemplate';
import { findGroup, VM_TYPE } from '../resources/lookup';
import { keepNetwork, networkBody } from '../resources/network';
import { objectAt, type JsonObject } from '../http/json';
import { spelledByArm } from '../http/memberNames';
import { objectBody } from '../http/requestBody';
import { carryOutVm } from '../resources/carryOutVm';
import { planVm } from '../resources/planVm';

const TYPE = 'Microsoft.Resources/deployments';
const ONE =
  'subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/Microsoft.Resources/deployments/{deployment}';
const family = 'resources';

/** Of the store's 900 KB a row. */
const OUTPUTS_BYTES_MAX = 500_000;

const DeploymentBody = z.looseObject({ properties: DeploymentProperties });

/** What is kept of a deployment. Neither its template nor its parameters: they have passwords in them. */
const Deployment = z.object({
  id: z.string(),
  name: z.string(),
  correlationId: z.string(),
  startedUtc: z.string(),
  /** When the last of its resources is done. */
  doneUtc: z.string(),
  error: z.custom<ArmErrorBody>().nullable(),
  outputs: z.record(z.string(), z.unknown()),
  outputResources: z.array(z.object({ id: z.string() })),
});
type Deployment = Readonly<z.infer<typeof Deployment>>;

/** A resource that has been checked; `create` returns the instant at which it is done. */
interface PlannedResource {
  readonly id: string;
  readonly isVm: boolean;
  readonly create: () => Promise<string>;
}

/** what `az vm create --validate` sends. */
const validateDeployment: ArmRoute = {
  name: 'armValidateDeployment',
  route: `${ONE}/validate`,
  methods: ['POST'],
  role: 'operator',
  family,
  handler: (request, context) => {
    const { template, planned } = plan(request, context);
    const { id, name } = identityOf(request, context);
    const now = context.services.nowUtc();
    const deployment: Deployment = {
      id,
      name,
      correlationId: randomUUID(),
      startedUtc: now,
      doneUtc: now,
      error: null,
      outputs: template.outputs,
      outputResources: [],
    };
    const body = deploymentBody(deployment, 'Succeeded');
    const validatedResources = planned.map((resource) => ({ id: resource.id }));
    const properties = { ...objectAt(body, 'properties'), validatedResources };
    return Promise.resolve({ status: 200, body: { ...body, properties } });
  },
};

/** what `az vm create` sends. Everything is checked before anything is created. */
const putDeployment: ArmRoute = {
  name: 'armPutDeployment',
  route: ONE,
  methods: ['PUT'],
  role: 'operator',
  family,
  handler: async (request, context) => {
    const { template, planned } = plan(request, context);
    const { id, name, groupId } = identityOf(request, context);
    const before = await read(request, context);
    if (before !== null && stateOf(before, context) === 'Running')
      throw new ArmError(
        409,
        'DeploymentActive',
        `The deployment with resource id '${id}' cannot be saved, because this would overwrite an existing deployment which is still active.`,
      );
    const startedUtc = context.services.nowUtc();
    const { doneUtc, error } = await carryOut(planned, startedUtc);
    const deployment: Deployment = {
      id: before?.id ?? id,
      name: before?.name ?? name,
      correlationId: randomUUID(),
      startedUtc,
      doneUtc,
      error,
      outputs: template.outputs,
      outputResources: planned.map((resource) => ({ id: resource.id })),
    };
    await context.services.armResources.put(groupId, { armId: deployment.id, type: TYPE, body: deployment });
    const path = `${deployment.id}/operationStatuses/${deployment.correlationId}`;
    return {
      status: before === null ? 201 : 200,
      body: deploymentBody(deployment, 'Accepted'),
      headers: {
        'azure-asyncoperation': `${request.baseUrl}${path}?api-version=${request.apiVersion}`,
        'retry-after': '1',
      },
    };
  },
};

const getDeployment: ArmRoute = {
  name: 'armGetDeployment',
  route: ONE,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: async (request, context) => {
    const deployment = await find(request, context);
    return { status: 200, body: deploymentBody(deployment, stateOf(deployment, context)) };
  },
};

const getDeploymentStatus: ArmRoute = {
  name: 'armGetDeploymentStatus',
  route: `${ONE}/operationStatuses/{operation}`,
  methods: ['GET'],
  role: 'reader',
  family,
  handler: async (request, context) => {
    const deployment = await find(request, context);
    if (deployment.correlationId !== request.name('operation').toLowerCase()) throw notFound(request);
    const { error } = deployment;
    const status = stateOf(deployment, context);
    const headers = status === 'Running' ? { 'retry-after': '1' } : {};
    return { status: 200, body: { status, error: error ?? undefined }, headers };
  },
};

/** The template as resources that have been checked, each by the very rules of a PUT of it. */
function plan(
  request: ArmRequest,
  context: ArmContext,
): { readonly template: EvaluatedTemplate; readonly planned: readonly PlannedResource[] } {
  const group = findGroup(request, context);
  if (group.provisioningState === 'Deleting')
    throw operationNotAllowed(`The resource group '${group.name}' is being deleted.`);
  identityOf(request, context);
  const { properties } = DeploymentBody.parse(objectBody(request));
  if (properties.mode.toLowerCase() !== 'incremental')
    throw invalidParameter(
      `The deployment mode '${properties.mode}' is not served: use Incremental.`,
      'mode',
    );
  const template = evaluateTemplate(properties, request);
  if (Buffer.byteLength(JSON.stringify(template.outputs)) > OUTPUTS_BYTES_MAX)
    throw invalidTemplate(`The outputs are larger than ${OUTPUTS_BYTES_MAX} bytes`);
  const planned = template.resources.map((resource) => planResource(resource, request, context));
  const ids = planned.map(({ id }) => id.toLowerCase());
  const twice = planned.find(({ id }, index) => ids.indexOf(id.toLowerCase()) < index);
  if (twice !== undefined)
    throw invalidTemplate(`The resource '${twice.id}' is defined multiple times in the template`);
  return { template, planned };
}

function planResource(resource: TemplateResource, request: ArmRequest, context: ArmContext): PlannedResource {
  const { type, name, apiVersion, body } = resource;
  const id = idOf(request, type, name);
  const isVm = type.toLowerCase() === VM_TYPE.toLowerCase();
  if (!isVm && !/^microsoft\.network\/[^/]+$/i.test(type))
    throw invalidTemplate(
      `The resource type '${type.slice(0, 200)}' is not served: templates create ${VM_TYPE}, and Microsoft.Network/* that does nothing`,
    );
  try {
    if (!isVm) {
      const network = networkBody(request, context, type, name, body);
      const create = async (): Promise<string> => {
        await keepNetwork(request, context, network);
        return context.services.nowUtc();
      };
      return { id: String(network['id']), isVm, create };
    }
    const put: ArmRequest = {
      ...request,
      method: 'PUT',
      path: id,
      body: spelledByArm(body),
      apiVersion: apiVersionOf('compute', apiVersion),
      name: (parameter) => (parameter === 'vm' ? name : ''),
      // Those of the request are the deployment's.
      header: () => null,
    };
    const vm = planVm(put, context);
    return { id, isVm, create: async () => (await carryOutVm(vm, context)).provisionedUtc };
  } catch (error) {
    throw refused(error, request);
  }
}

/** As Azure's preflight says it: the error of the resource is a detail of the deployment's. */
function refused(error: unknown, request: ArmRequest): unknown {
  const detail =
    error instanceof ArmError
      ? error.body
      : error instanceof z.ZodError
        ? { code: 'InvalidRequestContent', message: error.issues[0]?.message ?? 'It is not understood.' }
        : null;
  if (detail === null) return error;
  const message = `The template deployment '${request.name('deployment')}' is not valid according to the validation procedure. See inner errors for details.`;
  return new ArmError(400, 'InvalidTemplateDeployment', message, undefined, undefined, [detail]);
}

/** The network first, as templates have it. What Azure refuses only now fails the deployment. */
async function carryOut(
  planned: readonly PlannedResource[],
  startedUtc: string,
): Promise<Pick<Deployment, 'doneUtc' | 'error'>> {
  let doneUtc = startedUtc;
  try {
    for (const vms of [false, true])
      for (const { isVm, create } of planned)
        if (isVm === vms) {
          const utc = await create();
          if (utc > doneUtc) doneUtc = utc;
        }
    return { doneUtc, error: null };
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    const message = 'At least one resource deployment operation failed. Please see details.';
    return { doneUtc, error: { code: 'DeploymentFailed', message, details: [error.body] } };
  }
}

type State = 'Accepted' | 'Running' | 'Succeeded' | 'Failed';

function stateOf({ doneUtc, error }: Deployment, { services }: ArmContext): State {
  if (error !== null) return 'Failed';
  return services.nowUtc() < doneUtc ? 'Running' : 'Succeeded';
}

function deploymentBody(deployment: Deployment, provisioningState: State): JsonObject {
  const { id, name, startedUtc, doneUtc, correlationId, error, outputs, outputResources } = deployment;
  const ended = provisioningState === 'Succeeded' || provisioningState === 'Failed';
  return {
    id,
    name,
    type: TYPE,
    properties: {
      provisioningState,
      mode: 'Incremental',
      timestamp: ended ? doneUtc : startedUtc,
      correlationId,
      providers: [],
      dependencies: [],
      outputs: provisioningState === 'Succeeded' ? outputs : undefined,
      outputResources: provisioningState === 'Succeeded' ? outputResources : undefined,
      error: ended ? (error ?? undefined) : undefined,
    },
  };
}

function identityOf(
  request: ArmRequest,
  context: ArmContext,
): { readonly id: string; readonly name: string; readonly groupId: string } {
  const name = request.name('deployment');
  const groupId = findGroup(request, context).armId;
  if (!/^[\p{L}\p{N}_.()-]{1,64}$/u.test(name))
    throw new ArmError(
      400,
      'InvalidDeploymentName',
      `The deployment name '${name.slice(0, 80)}' is invalid: up to 64 letters, digits, '_', '-', '.', '(' and ')'.`,
    );
  return { id: `${groupId}/providers/${TYPE}/${name}`, name, groupId };
}

async function read(request: ArmRequest, context: ArmContext): Promise<Deployment | null> {
  const { id, groupId } = identityOf(request, context);
  const kept = await context.services.armResources.read(groupId, id);
  return kept && Deployment.parse(kept.body);
}

async function find(request: ArmRequest, context: ArmContext): Promise<Deployment> {
  const deployment = await read(request, context);
  if (deployment === null) throw notFound(request);
  return deployment;
}

function notFound(request: ArmRequest): ArmError {
  return new ArmError(
    404,
    'DeploymentNotFound',
    `Deployment '${request.name('deployment')}' could not be found.`,
  );
}

export const deploymentRoutes: readonly ArmRoute[] = [
  validateDeployment,
  putDeployment,
  getDeployment,
  getDeploymentStatus,
];
