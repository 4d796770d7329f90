import type { RegisteredFunction } from './coreApi';
import { empty, type Answer, type Exchange, type HttpHandler } from './http';
import type { Caller } from './functionCaller';
import type { Router } from './routes';

interface RpcHttp {
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly {
    readonly name: string;
    readonly value: string;
    readonly path?: { value: string };
  }[];
  readonly body?: { readonly bytes?: Uint8Array };
}

/** Kestrel's limit in front of the Functions host. */
const BODY_MAX_BYTES = 104_857_600;

/** The app's HTTP-triggered functions. */
export function httpFunctions(
  router: Router,
  caller: Caller,
  extraInputs: (fn: RegisteredFunction) => Record<string, { json: string }>,
  log: (line: string) => void,
  unserved: (exchange: Exchange) => Answer = () => empty(404),
): HttpHandler {
  return async (exchange) => {
    const match = router(exchange.method, exchange.url.pathname);
    if (!match) return unserved(exchange);
    if (exchange.body.length > BODY_MAX_BYTES) return empty(413);
    try {
      const http = toRpc(exchange, match.params);
      const returned = await caller.throughWorker(match.fn, {
        trigger: { http },
        extra: extraInputs(match.fn),
      });
      return returned?.http ? toAnswer(returned.http) : empty(204);
    } catch (error) {
      log(
        `error: ${match.fn.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return empty(500);
    }
  };
}

const nullable = (entries: Iterable<readonly [string, string]>): Record<string, { value: string }> =>
  Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));

function toRpc({ method, url, headers, body }: Exchange, params: Readonly<Record<string, string>>): object {
  return {
    method,
    url: url.href,
    nullableHeaders: nullable(Object.entries(headers)),
    nullableParams: nullable(Object.entries(params)),
    nullableQuery: nullable(url.searchParams),
    body: body.length > 0 ? { bytes: body } : undefined,
  };
}

function toAnswer(http: RpcHttp): Answer {
  const cookies = (http.cookies ?? []).map(
    ({ name, value, path }) => `${name}=${value}; path=${path?.value ?? '/'}`,
  );
  return {
    status: Number(http.statusCode ?? 200),
    headers: { ...http.headers, ...(cookies.length > 0 && { 'set-cookie': cookies.join(', ') }) },
    body: Buffer.from(http.body?.bytes ?? []),
    chunked: true,
  };
}
