import { randomUUID } from 'node:crypto';
import { app, type HttpMethod, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import * as df from 'durable-functions';
import { ZodError } from 'zod';
import { checkApiVersion, type ApiFamily } from '../../domain/apiVersion';
import { LowtideError } from '../../domain/lowtideError';
import { appServices, type SimulatedServices } from '../../composition/compose';
import { ArmError } from './armError';
import { baseUrlOf } from './baseUrl';
import { readBody } from './requestBody';

/** A request to the ARM-compatible API, as handlers see it. What cannot be understood never reaches them. */
export interface ArmRequest {
  readonly method: string;
  /** As the client wrote it; compare without regard to case. Empty on routes without one. */
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** The route's other parameters, as written: `request.name('vm')`. */
  readonly name: (parameter: string) => string;
  /** Lower-cased. */
  readonly apiVersion: string;
  /** A query parameter by its name, without regard to case; null when it is not there. */
  readonly query: (name: string) => string | null;
  /** The parsed JSON; null for an empty body. */
  readonly body: unknown;
  /** Scheme and host that the client used: every link in an answer begins with it. */
  readonly baseUrl: string;
  /** Path of the request without query, as written. */
  readonly path: string;
}

export interface ArmAnswer {
  readonly status: number;
  /** Absent for an empty body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What handlers work on. */
export interface ArmContext {
  readonly services: SimulatedServices;
  readonly client: df.DurableClient;
}

export type ArmHandler = (request: ArmRequest, context: ArmContext) => Promise<ArmAnswer>;

export interface ArmRoute {
  /** Of the function: camelCase, begins with `arm`. */
  readonly name: string;
  /** As `subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/…/{vm}`. */
  readonly route: string;
  readonly methods: readonly HttpMethod[];
  /** Whose rules for `api-version` hold; null where none is asked for. */
  readonly family: ApiFamily | null;
}

const registered = new Map<string, { readonly pattern: RegExp; readonly methods: readonly HttpMethod[] }>();

/** The methods that some route has for a path; none for a path that is nobody's. */
export function methodsAt(path: string): readonly HttpMethod[] {
  return [...registered.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? methods : []));
}

/** Registers a route of the ARM API. Whatever a client sends, the answer is the handler's or an ARM error, never the host's 500. */
export function armRoute({ name, route, methods, family }: ArmRoute, handler: ArmHandler): void {
  if (registered.has(name)) throw new Error(`The ARM route ${name} is registered twice.`);
  const pattern = route
    .split('/')
    .map((part) => (part.startsWith('{') ? '[^/]+' : part.replaceAll('.', '\\.')));
  if (!route.includes('*'))
    registered.set(name, { pattern: new RegExp(`^/+${pattern.join('/+')}/*$`, 'i'), methods });
  app.http(name, {
    route,
    methods: [...methods],
    authLevel: 'anonymous',
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => {
      const answer = await answerOf(
        async () => {
          const parsed = await parse(request, family);
          return handler(parsed, { services: await appServices(), client: df.getClient(context) });
        },
        (error) => {
          context.error(
            `${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
        },
      );
      return respond(request, answer);
    },
  });
}

async function parse(request: HttpRequest, family: ApiFamily | null): Promise<ArmRequest> {
  const { params, query } = request;
  const all = new Map([...query].map(([key, value]) => [key.toLowerCase(), value]));
  const subscriptionId = params['subscriptionId'] ?? '';
  if ('subscriptionId' in params) checkSubscription(subscriptionId);
  return {
    method: request.method.toUpperCase(),
    subscriptionId,
    resourceGroup: params['resourceGroup'] ?? '',
    name: (parameter) => params[parameter] ?? '',
    apiVersion: family === null ? '' : apiVersionOf(family, all.get('api-version') ?? null),
    query: (key) => all.get(key.toLowerCase()) ?? null,
    body: await readBody(request),
    baseUrl: baseUrlOf(request),
    path: new URL(request.url).pathname,
  };
}

/** Subscriptions exist on first use, so all that can be wrong with one is how it is written. */
function checkSubscription(subscriptionId: string): void {
  if (/^[\w.-]{1,64}$/.test(subscriptionId)) return;
  throw new ArmError(
    400,
    'InvalidSubscriptionId',
    `The provided subscription identifier '${subscriptionId}' is malformed or invalid.`,
  );
}

export function apiVersionOf(family: ApiFamily, written: string | null): string {
  const check = checkApiVersion(family, written);
  switch (check.kind) {
    case 'ok':
      return check.apiVersion;
    case 'missing':
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    case 'malformed':
      throw new ArmError(
        400,
        'InvalidApiVersionParameter',
        `The api-version '${check.written}' is invalid. The supported versions are '${check.supported}'.`,
      );
    case 'tooOld':
      throw new ArmError(
        400,
        'NoRegisteredProviderFound',
        `No registered resource provider found for API version '${check.written}'. The supported api-versions are '${check.supported}'.`,
      );
  }
}

async function answerOf(
  respondTo: () => Promise<ArmAnswer>,
  report: (error: unknown) => void,
): Promise<ArmAnswer> {
  try {
    return await respondTo();
  } catch (error) {
    return errorAnswer(error, report);
  }
}

function errorAnswer(error: unknown, report: (error: unknown) => void): ArmAnswer {
  if (error instanceof ArmError) {
    const { status, body, retryAfterSeconds } = error;
    const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    return { status, body: { error: body }, headers };
  }
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    const target = issue?.path.map(String).join('.') ?? '';
    const message = `The value of '${target === '' ? 'the request content' : target}' is invalid: ${issue?.message ?? ''}.`;
    return { status: 400, body: { error: { code: 'InvalidRequestContent', message, target } } };
  }
  report(error);
  if (error instanceof LowtideError && error.code === 'STORAGE_UNAVAILABLE')
    return { status: 503, body: { error: { code: 'ServiceUnavailable', message: error.message } } };
  const message = 'The server encountered an internal error. Please retry the request.';
  return { status: 500, body: { error: { code: 'InternalServerError', message } } };
}

/** Correlation ids come back in headers, so they may not hold anything that a header must not. */
const PLAIN = /^[\w.:{}-]{1,128}$/;

function respond(request: HttpRequest, { status, body, headers }: ArmAnswer): HttpResponseInit {
  const given = (name: string): string | null => {
    const value = request.headers.get(name);
    return value !== null && PLAIN.test(value) ? value : null;
  };
  const requestId = randomUUID();
  const clientId = given('x-ms-client-request-id');
  const echo = given('x-ms-return-client-request-id')?.toLowerCase() === 'true';
  return {
    status,
    headers: {
      'x-ms-request-id': requestId,
      'x-ms-correlation-request-id': given('x-ms-correlation-request-id') ?? requestId,
      'cache-control': 'no-cache',
      ...(echo && clientId !== null && { 'x-ms-client-request-id': clientId }),
      ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}
