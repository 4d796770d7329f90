import { randomUUID } from 'node:crypto';
import type { LongRunningOperation } from '../../store/longRunning';
import type { ArmAnswer, ArmContext, ArmRequest } from './armRoute';
import { ArmError, type ArmErrorBody } from './armError';

/** What became of an operation. `endedUtc` is shown when it is known; `httpStatus` is that of the result resource, 409 by default. */
export type OperationState =
  | { readonly status: 'InProgress' }
  | { readonly status: 'Succeeded'; readonly body?: unknown; readonly endedUtc?: string }
  | {
      readonly status: 'Failed' | 'Canceled';
      readonly error: ArmErrorBody;
      readonly endedUtc?: string;
      readonly httpStatus?: number;
    };

/** Finds out what became of an operation of one kind. Only reads, and gives the same after a restart of the host. */
export type OperationKind = (operation: LongRunningOperation, context: ArmContext) => Promise<OperationState>;

const kinds = new Map<string, OperationKind>();

/** Makes a kind known, at import. Names are kept with operations: never rename one. */
export function operationKind(name: string, resolve: OperationKind): void {
  if (kinds.has(name)) throw new Error(`The kind of operation ${name} is registered twice.`);
  kinds.set(name, resolve);
}

/** Wall seconds; clients take an absent one for 2 or 30 seconds, and a sped-up pocket Azure is done by then. */
const RETRY_AFTER_SECONDS = 1;

export interface NewOperation {
  readonly kind: string;
  /** Region of the resource. */
  readonly location: string;
  readonly resourceId: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Remembers an operation, then answers 202 with both headers: what POST actions and DELETE do. */
export async function accepted(
  request: ArmRequest,
  context: ArmContext,
  operation: NewOperation,
): Promise<ArmAnswer> {
  const links = await begin(request, context, operation);
  return {
    status: 202,
    headers: {
      'azure-asyncoperation': links.status,
      location: links.result,
      'retry-after': String(RETRY_AFTER_SECONDS),
    },
  };
}

/** Remembers an operation, then answers with the resource and Azure-AsyncOperation only: what PUT and PATCH do. */
export async function acceptedWith(
  answer: ArmAnswer,
  request: ArmRequest,
  context: ArmContext,
  operation: NewOperation,
): Promise<ArmAnswer> {
  const links = await begin(request, context, operation);
  const headers = { 'azure-asyncoperation': links.status, 'retry-after': String(RETRY_AFTER_SECONDS) };
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

async function begin(
  { baseUrl, apiVersion, subscriptionId }: ArmRequest,
  { services }: ArmContext,
  { kind, location, resourceId, data = {} }: NewOperation,
): Promise<{ status: string; result: string }> {
  if (!kinds.has(kind)) throw new Error(`Nobody can tell what becomes of an operation of kind ${kind}.`);
  const operation: LongRunningOperation = {
    id: randomUUID(),
    kind,
    subscriptionId,
    resourceId,
    apiVersion,
    data,
    location: location.toLowerCase().replaceAll(/[^a-z0-9]/g, '') || 'global',
    startedUtc: services.nowUtc(),
  };
  await services.longRunning.insert(operation);
  return linksOf(operation, baseUrl);
}

function linksOf(operation: LongRunningOperation, baseUrl: string): { status: string; result: string } {
  const { id, subscriptionId, location, apiVersion } = operation;
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/operations/${id}`;
  const status = `${baseUrl}${path}?p=${id.slice(0, 8)}&api-version=${apiVersion}`;
  return { status, result: `${status}&monitor=true` };
}

/** What a poll is answered: the status, or with `monitor=true` the result. */
export async function operationAnswer(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const operation = await find(request, context);
  const resolve = kinds.get(operation.kind);
  if (resolve === undefined) throw notFound(request);
  const state = await resolve(operation, context);
  return request.query('monitor')?.toLowerCase() === 'true'
    ? resultAnswer(operation, state, request)
    : statusAnswer(operation, state);
}

async function find(request: ArmRequest, { services }: ArmContext): Promise<LongRunningOperation> {
  const id = request.name('id').toLowerCase();
  if (!/^[0-9a-f-]{36}$/.test(id)) throw notFound(request);
  const operation = await services.longRunning.read(request.subscriptionId, id);
  if (operation?.location !== request.name('location').toLowerCase()) throw notFound(request);
  return operation;
}

function notFound(request: ArmRequest): ArmError {
  return new ArmError(404, 'NotFound', `The operation '${request.name('id')}' was not found.`);
}

/** What became of it. The status of the answer itself is 200 also when the operation failed. */
function statusAnswer({ id, startedUtc }: LongRunningOperation, state: OperationState): ArmAnswer {
  const running = state.status === 'InProgress';
  const body = {
    startTime: startedUtc,
    ...(!running && state.endedUtc !== undefined && { endTime: state.endedUtc }),
    status: state.status,
    ...(state.status === 'Succeeded' && state.body !== undefined && { properties: { output: state.body } }),
    ...((state.status === 'Failed' || state.status === 'Canceled') && { error: state.error }),
    name: id,
  };
  return { status: 200, body, ...(running && { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } }) };
}

/** The result itself: 202 while there is none. */
function resultAnswer(
  operation: LongRunningOperation,
  state: OperationState,
  { baseUrl }: ArmRequest,
): ArmAnswer {
  switch (state.status) {
    case 'InProgress':
      return {
        status: 202,
        headers: {
          location: linksOf(operation, baseUrl).result,
          'retry-after': String(RETRY_AFTER_SECONDS),
        },
      };
    case 'Succeeded':
      return state.body === undefined ? { status: 200 } : { status: 200, body: state.body };
    case 'Failed':
    case 'Canceled':
      return { status: state.httpStatus ?? 409, body: { error: state.error } };
  }
}
