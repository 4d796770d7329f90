import { randomUUID } from 'node:crypto';
import { VmId } from '../../domain/ids';
import type { LongRunningOperation } from '../../store/longRunning';
import { ArmError, type ArmErrorBody } from './armError';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from './armRoute';
import { armTime } from './armTime';
import { refuseIfThrottled } from './requestQuota';
import { linkSuffixOf } from './linkSuffix';

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

/** Kept with operations: never rename one. */
export type OperationKindName =
  'vmPut' | 'vmDelete' | 'vmPower' | 'groupDelete' | 'assessPatches' | 'installPatches';

/** Wall seconds; clients take an absent one for 2 or 30 seconds, and a sped-up simulated Azure is done by then. */
const RETRY_AFTER_SECONDS = 1;

/** Azure sends none with these, nor with their polls (03, 04, 07, 08). */
const WITHOUT_RETRY_AFTER: ReadonlySet<string> = new Set<OperationKindName>([
  'assessPatches',
  'installPatches',
]);

interface OperationLinks {
  readonly id: string;
  readonly status: string;
  readonly result: string;
}

function headersOf({ id, status }: OperationLinks, { kind }: NewOperation): Readonly<Record<string, string>> {
  return {
    // The operation has the id of the request that began it (facts, 4).
    'x-ms-request-id': id,
    'azure-asyncoperation': status,
    ...retryAfter(kind),
  };
}

function retryAfter(kind: string): Readonly<Record<string, string>> {
  return WITHOUT_RETRY_AFTER.has(kind) ? {} : { 'retry-after': String(RETRY_AFTER_SECONDS) };
}

export interface NewOperation {
  /** Where something is to be known by the same id. */
  readonly id?: string;
  readonly kind: OperationKindName;
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
    headers: { ...headersOf(links, operation), location: links.result },
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
  return {
    ...answer,
    headers: { ...answer.headers, ...headersOf(links, operation) },
  };
}

async function begin(
  { baseUrl, apiVersion, subscriptionId }: ArmRequest,
  { services }: ArmContext,
  { id = randomUUID(), kind, location, resourceId, data = {} }: NewOperation,
): Promise<OperationLinks> {
  const operation: LongRunningOperation = {
    id,
    kind,
    subscriptionId,
    resourceId,
    apiVersion,
    data,
    location: location.toLowerCase().replaceAll(/[^a-z0-9]/g, '') || 'global',
    startedUtc: services.nowUtc(),
  };
  await services.longRunning.insert(operation);
  return { id: operation.id, ...linksOf(operation, baseUrl) };
}

function linksOf(operation: LongRunningOperation, baseUrl: string): { status: string; result: string } {
  const { id, subscriptionId, location, apiVersion, startedUtc } = operation;
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/operations/${id}`;
  const url = `${baseUrl}${path}?p=${id}`;
  const suffixed = (text: string): string => text + linkSuffixOf(text, startedUtc);
  return {
    status: suffixed(`${url}&api-version=${apiVersion}`),
    result: suffixed(`${url}&monitor=true&api-version=${apiVersion}`),
  };
}

/** The status of an operation, or with `&monitor=true` its result. */
export function operationRoutes(
  kinds: Readonly<Record<OperationKindName, OperationKind>>,
): readonly ArmRoute[] {
  return [
    {
      name: 'armGetOperation',
      route:
        'subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/operations/{id}',
      methods: ['GET'],
      role: 'reader',
      family: 'resources',
      quota: 'getOperation',
      handler: async (request, context) => {
        const operation = await find(request, context);
        const vm = VmId.safeParse(operation.resourceId);
        if (vm.success) refuseIfThrottled(vm.data, 'getOperation', request, context);
        const kind = Object.entries(kinds).find(([name]) => name === operation.kind)?.[1];
        if (kind === undefined) throw notFound(request);
        const state = await kind(operation, context);
        return request.query('monitor')?.toLowerCase() === 'true'
          ? resultAnswer(operation, state, request)
          : statusAnswer(operation, state);
      },
    },
  ];
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
function statusAnswer({ id, kind, startedUtc }: LongRunningOperation, state: OperationState): ArmAnswer {
  if (state.status === 'InProgress')
    return {
      status: 200,
      body: { startTime: armTime(startedUtc), status: state.status, name: id },
      headers: retryAfter(kind),
    };
  const output =
    state.status === 'Succeeded' && state.body !== undefined ? { output: state.body } : undefined;
  return {
    status: 200,
    body: {
      startTime: armTime(startedUtc),
      endTime: state.endedUtc === undefined ? undefined : armTime(state.endedUtc),
      status: state.status,
      properties: output,
      error: state.status === 'Succeeded' ? undefined : state.error,
      name: id,
    },
  };
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
          ...retryAfter(operation.kind),
        },
      };
    case 'Succeeded':
      return state.body === undefined ? { status: 200 } : { status: 200, body: state.body };
    case 'Failed':
    case 'Canceled':
      return { status: state.httpStatus ?? 409, body: { error: state.error } };
  }
}
