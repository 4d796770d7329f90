import { randomUUID } from 'node:crypto';
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { ZodError } from 'zod';
import { admit } from '../../composition/admit';
import { NotAdmitted } from '../../composition/caller';
import { appServices, simulatedOf } from '../../composition/compose';
import { hostClient } from '../../composition/hostClient';
import { withWaking } from '../../composition/waking';
import { LowtideError } from '../../domain/lowtideError';
import { apiVersionOf } from './apiVersion';
import { ArmError } from './armError';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from './armRoute';
import { baseUrlOf } from './baseUrl';
import { at } from './json';
import { readBody } from './requestBody';
import { refusalAnswer } from './refusalAnswer';
import { countRequest } from './requestQuota';
import { AnswerInstead } from './throttled';
import { stackOf } from '../../domain/messageOf';

/**
 * A request that has found its route: admitted, understood, handled. Whatever a client sends, the answer is the handler's or an ARM error,
 * never the host's 500.
 */
export async function answerArm(
  route: ArmRoute,
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const report = (message: string): void => {
    context.error(`${route.name}: ${message}`);
  };
  return answerArmWith(route, request, report, async () => {
    const { name: by } = await admit(request, route);
    return {
      by,
      open: async () => {
        const client = hostClient(context);
        return { services: withWaking(simulatedOf(await appServices()), client, context), client };
      },
    };
  });
}

/** A request that was let in, on whose behalf, and what handlers work on once it is understood. */
export interface Admitted {
  readonly by: string;
  readonly open: () => Promise<ArmContext>;
}

/** The same for whatever hosts the API: `enter` admits the request, `failed` is shown what is answered with an error. */
export async function answerArmWith(
  route: ArmRoute,
  request: HttpRequest,
  report: (message: string) => void,
  enter: () => Promise<Admitted>,
  failed: (error: unknown) => void = () => undefined,
): Promise<HttpResponseInit> {
  try {
    const { by, open } = await enter();
    const understood = await understand(request, route, by);
    return respond(request, await countedAnswer(route, understood, await open()));
  } catch (error) {
    failed(error);
    return respond(request, errorAnswer(error, report));
  }
}

/** The handler's answer, with what is left of the quotas where Compute itself answers. */
async function countedAnswer(route: ArmRoute, request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const left = countRequest(route, request, context);
  try {
    const answer = await route.handler(request, context);
    return isEmptyList(answer.body) ? answer : { ...answer, headers: { ...left, ...answer.headers } };
  } catch (error) {
    if (!(error instanceof ArmError) || error.status !== 409 || OF_THE_GATEWAY.has(error.code)) throw error;
    return { status: error.status, body: { error: error.body }, headers: left };
  }
}

/** An empty list comes from the front of Azure, which does not ask Compute (20, 23). */
function isEmptyList(body: unknown): boolean {
  const value = at(body, 'value');
  return Array.isArray(value) && value.length === 0;
}

async function understand(request: HttpRequest, { family }: ArmRoute, by: string): Promise<ArmRequest> {
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
    header: (name) => request.headers.get(name),
    by,
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

/** Codes of errors that ARM finds before a provider is asked (71, 74, 78). */
const OF_THE_GATEWAY: ReadonlySet<string> = new Set([
  'ResourceNotFound',
  'ResourceGroupNotFound',
  'MissingSubscriptionRegistration',
  'InvalidTemplateDeployment',
  'AuthorizationFailed',
  'ExpiredAuthenticationToken',
]);

/** Storage that is throttled or fails over is back within seconds. */
const RETRY_AFTER_SECONDS = 10;

function errorAnswer(error: unknown, report: (message: string) => void): ArmAnswer {
  if (error instanceof ArmError) {
    const { status, body, code, retryAfterSeconds } = error;
    const headers: Record<string, string> = {};
    if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
    if (OF_THE_GATEWAY.has(code)) headers['x-ms-failure-cause'] = 'gateway';
    return { status, body: { error: body }, headers };
  }
  if (error instanceof AnswerInstead) return error.answer;
  if (error instanceof NotAdmitted) return refusalAnswer(error);
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    const target = issue?.path.map(String).join('.') ?? '';
    const message = `The value of '${target === '' ? 'the request content' : target}' is invalid: ${issue?.message ?? ''}.`;
    return { status: 400, body: { error: { code: 'InvalidRequestContent', message, target } } };
  }
  report(stackOf(error));
  if (error instanceof LowtideError && error.code === 'STORAGE_UNAVAILABLE')
    return {
      status: 503,
      body: { error: { code: 'ServiceUnavailable', message: error.message } },
      headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
    };
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
  const all: Record<string, string> = {
    'x-ms-request-id': requestId,
    'x-ms-correlation-request-id': given('x-ms-correlation-request-id') ?? requestId,
    'cache-control': 'no-cache',
  };
  const clientId = given('x-ms-client-request-id');
  const echo = given('x-ms-return-client-request-id')?.toLowerCase() === 'true';
  if (echo && clientId !== null) all['x-ms-client-request-id'] = clientId;
  if (body === undefined) return { status, headers: { ...all, ...headers } };
  if (typeof body === 'string') return { status, headers: { ...all, ...headers }, body };
  all['content-type'] = 'application/json; charset=utf-8';
  return { status, headers: { ...all, ...headers }, body: JSON.stringify(body) };
}
