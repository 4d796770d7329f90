import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RegisteredFunction } from './coreApi';
import type { HttpHandler } from './http';

/** The host's system key of this emulator. It protects nothing; the real one is secret and in the same place. */
const SYSTEM_KEY = 'emulator';

/**
 * Where the library's client calls are caught before they reach a socket. Each host has its own: a client that an app kept from a host that is closed
 * must not be taken for one of the host that followed.
 */
export function rpcOriginOfHost(): string {
  return `http://${randomUUID()}.emulator.invalid`;
}

export interface ManagementUrls {
  readonly id: string;
  readonly [name: string]: string;
}

/** The links that clients get, in the order of the real host. Those of the webhooks lack `rewindPostUri`. */
export function managementUrls(
  origin: string,
  hubName: string,
  id: string,
  withRewind: boolean,
): ManagementUrls {
  const base = `${origin}/runtime/webhooks/durabletask/instances/${id}`;
  const key = `taskHub=${hubName}&connection=Storage&code=${SYSTEM_KEY}`;
  return {
    id,
    statusQueryGetUri: `${base}?${key}`,
    sendEventPostUri: `${base}/raiseEvent/{eventName}?${key}`,
    terminatePostUri: `${base}/terminate?reason={text}&${key}`,
    ...(withRewind && { rewindPostUri: `${base}/rewind?reason={text}&${key}` }),
    purgeHistoryDeleteUri: `${base}?${key}`,
    restartPostUri: `${base}/restart?${key}`,
    suspendPostUri: `${base}/suspend?reason={text}&${key}`,
    resumePostUri: `${base}/resume?reason={text}&${key}`,
  };
}

/** The input of a durableClient binding. */
export function durableClientInput(origin: string, rpcOrigin: string, hubName: string): string {
  const base = `${origin}/runtime/webhooks/durabletask`;
  const key = `taskHub=${hubName}&connection=Storage&code=${SYSTEM_KEY}`;
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    creationUrls: {
      createNewInstancePostUri: `${create}?${key}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${key}`,
    },
    managementUrls: managementUrls(origin, hubName, 'INSTANCEID', true),
    baseUrl: base,
    requiredQueryStringParameters: `code=${SYSTEM_KEY}`,
    rpcBaseUrl: `${rpcOrigin}/durabletask/`,
  });
}

/** Whether a binding of this type gives a client of the host. */
export const isClient = (type: string): boolean => /^(durable|orchestration)Client$/.test(type);

/** Values for a function's bindings other than its trigger. */
export function extraInputsOf(fn: RegisteredFunction, clientInput: string): Record<string, { json: string }> {
  const extra: Record<string, { json: string }> = {};
  for (const [name, binding] of Object.entries(fn.bindings)) {
    if (isClient(binding.type)) extra[name] = { json: clientInput };
  }
  return extra;
}

interface ClientConfig {
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** An instance of axios, as far as the library's client uses it. */
interface ClientHttp {
  get(url: string, config?: ClientConfig): Promise<unknown>;
  delete(url: string, config?: ClientConfig): Promise<unknown>;
  post(url: string, data?: unknown, config?: ClientConfig): Promise<unknown>;
}

interface Axios {
  create(config: unknown): ClientHttp;
}

/**
 * The library's client speaks HTTP through an instance of axios. Its calls to this host go straight to the handler: with a virtual
 * clock there may be no socket at all, a socket would make the order of things depend on I/O, and axios would cost more than what is
 * asked for. Returns the undo.
 */
export function catchClientCalls(appDir: string, rpcOrigin: string, handler: HttpHandler): () => void {
  const library = createRequire(createRequire(join(appDir, 'package.json')).resolve('durable-functions'));
  const axios = library('axios') as Axios;
  const create = axios.create.bind(axios);
  let isOpen = true;
  const isOwn = (url: string): boolean => isOpen && url.startsWith(rpcOrigin);
  axios.create = (config) => {
    const http = create(config);
    const [get, remove, post] = [http.get.bind(http), http.delete.bind(http), http.post.bind(http)];
    return Object.assign(http, {
      get: (url, given) => (isOwn(url) ? answerOf(handler, 'GET', url, undefined, given) : get(url, given)),
      delete: (url, given) =>
        isOwn(url) ? answerOf(handler, 'DELETE', url, undefined, given) : remove(url, given),
      post: (url, data, given) =>
        isOwn(url) ? answerOf(handler, 'POST', url, data, given) : post(url, data, given),
    } satisfies ClientHttp);
  };
  return () => {
    isOpen = false;
    axios.create = create;
  };
}

/** What axios would answer. The library posts JSON, and no text that is none: axios makes a JSON string of that. */
async function answerOf(
  handler: HttpHandler,
  method: string,
  url: string,
  data: unknown,
  config: ClientConfig = {},
): Promise<unknown> {
  const headers: Record<string, string> = method === 'POST' ? { 'content-type': 'application/json' } : {};
  for (const [name, value] of Object.entries(config.headers ?? {}))
    if (value !== undefined) headers[name.toLowerCase()] = value;
  const text = typeof data === 'string' ? (parsed(data) === undefined ? JSON.stringify(data) : data) : '';
  const answer = await handler({ method, url: new URL(url), headers, body: Buffer.from(text) });
  const body = answer.body.toString();
  const value = parsed(body);
  const { status, headers: answered } = answer;
  return { data: value === undefined ? body : value, status, statusText: '', headers: answered };
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
