import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { admit } from '../composition/admit';
import type { Caller } from '../composition/caller';
import { appServices } from '../composition/compose';
import { hostClient } from '../composition/hostClient';
import { withWaking } from '../composition/waking';
import { LowtideError } from '../domain/lowtideError';
import { messageOf } from '../domain/messageOf';
import { conditional } from './conditional';
import { problemOf } from './problem';
import { forgetSharedFacts } from './sharedFacts';
import { planAgain } from './keptPreviews';
import type { OperatorRequest, OperatorRoute } from './route';

/** A request that has found its route: admitted, checked, handled. Whatever goes wrong is answered as a problem document. */
export async function answerOperator(
  route: OperatorRoute,
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  try {
    const caller = await admit(request, route);
    checkQuery(route, request);
    const client = hostClient(context);
    const services = withWaking(await appServices(), client, context);
    const answer = await route.handler(read(request, caller), { services, client });
    if (request.method.toUpperCase() !== 'GET') {
      forgetSharedFacts(services);
      if (CHANGES_PLANS.test(route.route))
        planAgain(await appServices()).catch((error: unknown) => {
          context.warn(`The preview was not planned again beforehand: ${messageOf(error)}`);
        });
      return answer;
    }
    return conditional(answer, request.headers.get('if-none-match'), {
      nowUtc: services.nowUtc(),
      route: route.name,
    });
  } catch (error) {
    return problemOf(error, (message) => {
      context.error(`${route.name}: ${message}`);
    });
  }
}

/** After these another month is previewed than before. */
const CHANGES_PLANS = /^api\/(policy$|freezes|exclusions)/;

const MEBIBYTE = 1024 * 1024;
/** A fleet of 40,000 VMs as `az vm list` prints it; the host itself takes 100 MB. */
const BODY_MAX_BYTES = 64 * MEBIBYTE;

/** The host's own: a function key may come in the query. */
const OF_THE_HOST: ReadonlySet<string> = new Set(['code', 'clientid']);

function checkQuery({ query }: OperatorRoute, request: HttpRequest): void {
  const path = new URL(request.url).pathname;
  const unknown = [...request.query.keys()].filter(
    (name) => !Object.hasOwn(query, name) && !OF_THE_HOST.has(name.toLowerCase()),
  );
  const known = Object.keys(query);
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `'${name}'`).join(', ');
  throw new LowtideError('REQUEST_INVALID', {
    what: `${request.method} ${path} has no query parameter ${names}.`,
    why: 'It would be ignored.',
    fix:
      known.length === 0
        ? 'It knows none: leave it out.'
        : `It knows ${known.map((name) => `'${name}'`).join(', ')}.`,
  });
}

function read(request: HttpRequest, caller: Caller): OperatorRequest {
  return {
    parameter: (name) => request.params[name] ?? '',
    query: (name) => request.query.get(name),
    header: (name) => request.headers.get(name),
    method: request.method.toUpperCase(),
    path: new URL(request.url).pathname,
    bytes: () => bodyOf(request),
    json: async () => parseJson(new TextDecoder().decode(await bodyOf(request))),
    by: caller.name,
    caller,
  };
}

async function bodyOf(request: HttpRequest): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? '0');
  const bytes = announced > BODY_MAX_BYTES ? null : new Uint8Array(await request.arrayBuffer());
  if (bytes !== null && bytes.length <= BODY_MAX_BYTES) return bytes;
  throw new LowtideError('REQUEST_INVALID', {
    what: `The body has more than ${BODY_MAX_BYTES / MEBIBYTE} MiB.`,
    why: `It has ${((bytes?.length ?? announced) / MEBIBYTE).toFixed(1)} MiB, and is held in memory as a whole.`,
    fix: 'Send less at once; give a larger fleet file with LOWTIDE_FLEET when the host starts.',
  });
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new LowtideError(
      'REQUEST_INVALID',
      {
        what: 'The body is not JSON.',
        why: messageOf(cause),
        fix: 'Send JSON, or no body.',
      },
      { cause },
    );
  }
}
