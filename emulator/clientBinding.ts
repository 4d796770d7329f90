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

interface AxiosConfig {
  readonly url?: string;
  readonly method?: string;
  readonly headers: { toJSON?(): Record<string, unknown> };
  readonly data?: unknown;
}

type AxiosAdapter = (config: AxiosConfig) => Promise<unknown>;

interface Axios {
  readonly defaults: { adapter: unknown };
  getAdapter(adapter: unknown): AxiosAdapter;
}

/**
 * The library's client speaks HTTP through axios. Its calls to this host go straight to the handler: with a virtual
 * clock there may be no socket at all, and a socket would make the order of things depend on I/O. Returns the undo.
 */
export function catchClientCalls(appDir: string, rpcOrigin: string, handler: HttpHandler): () => void {
  const library = createRequire(createRequire(join(appDir, 'package.json')).resolve('durable-functions'));
  const axios = library('axios') as Axios;
  const before = axios.defaults.adapter;
  const send = axios.getAdapter(before);
  const adapter: AxiosAdapter = async (config) => {
    if (config.url?.startsWith(rpcOrigin) !== true) return send(config);
    const url = new URL(config.url);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(config.headers.toJSON?.() ?? {}))
      headers[name.toLowerCase()] = String(value);
    const body = Buffer.from(typeof config.data === 'string' ? config.data : '');
    const answer = await handler({ method: (config.method ?? 'get').toUpperCase(), url, headers, body });
    return {
      data: answer.body.toString(),
      status: answer.status,
      statusText: '',
      headers: answer.headers,
      config,
      request: {},
    };
  };
  axios.defaults.adapter = adapter;
  return () => {
    axios.defaults.adapter = before;
  };
}
