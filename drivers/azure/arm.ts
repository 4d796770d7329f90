import { randomUUID } from 'node:crypto';
import { ComputeManagementClient, type VirtualMachineInstallPatchesParameters } from '@azure/arm-compute';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  isRestError,
  type HttpMethods,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { actionOf } from './actions';
import type { ArmAnswer } from './refusals';
import { messageOf } from '../../domain/messageOf';

/** The part of `TokenCredential` that is used. */
export interface Credential {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

export interface ArmOptions {
  /** `https://management.azure.com`, that of another cloud, or http on this machine. */
  readonly endpoint: string;
  /** Null: no token is sent. Only for an endpoint on this machine. */
  readonly credential: Credential | null;
  readonly deadlineMs?: number;
  /** Called for every request when its fate is known; `status` is null where there was no answer. */
  readonly onRequest?: (request: ArmRequestSeen) => void;
}

/** A request as the log has it: without query, which holds signatures. */
export interface ArmRequestSeen {
  readonly method: string;
  readonly path: string;
  readonly action: string | null;
  readonly requestId: string;
  readonly status: number | null;
}

export interface ArmRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path and query, or a whole URL of the same endpoint. */
  readonly url: string;
  readonly body?: unknown;
}

export type PatchAction =
  | { readonly kind: 'assessPatches' }
  | { readonly kind: 'installPatches'; readonly body: VirtualMachineInstallPatchesParameters };

/** Whether the request was carried out is not known: the connection was cut, or the deadline passed. */
export class ArmUnreachable extends Error {
  override readonly name = 'ArmUnreachable';
}

const DEADLINE_MS = 60_000;

/**
 * Requests to Azure Resource Manager. Each is sent once: what may be repeated is decided above, where it is known what the request does. The
 * SDK sends a POST again by itself after a 502 or a cut connection (seen), so its retries are off.
 */
export class Arm {
  readonly #options: ArmOptions;
  readonly #clients = new Map<string, ComputeManagementClient>();
  readonly #http = createDefaultHttpClient();
  readonly #pipeline = createEmptyPipeline();
  readonly #isPlain: boolean;

  constructor(options: ArmOptions) {
    this.#options = options;
    this.#isPlain = options.endpoint.startsWith('http://');
    this.#pipeline.addPolicy(decompressResponsePolicy());
    if (options.credential !== null)
      this.#pipeline.addPolicy(
        bearerTokenAuthenticationPolicy({ credential: options.credential, scopes: this.#scopes }),
      );
  }

  get endpoint(): string {
    return this.#options.endpoint.replace(/\/+$/, '');
  }

  async send({ method, url, body }: ArmRequest): Promise<ArmAnswer> {
    const whole = this.#ownUrl(url);
    const requestId = randomUUID();
    const request = createPipelineRequest({
      url: whole,
      method: method satisfies HttpMethods,
      headers: createHttpHeaders({ accept: 'application/json', 'x-ms-client-request-id': requestId }),
      // The SDK's own `timeout` leaves its timer behind, and the process waits for it.
      abortSignal: AbortSignal.timeout(this.#options.deadlineMs ?? DEADLINE_MS),
      allowInsecureConnection: this.#isPlain,
    });
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers.set('content-type', 'application/json');
    }
    return this.#seen(method, new URL(whole).pathname, requestId, async () =>
      answerOf(await this.#pipeline.sendRequest(this.#http, request)),
    );
  }

  /**
   * Sends assessPatches or installPatches through the SDK and returns the first answer. The SDK's poller is a promise of the operation's
   * end: it is neither returned nor awaited.
   */
  async start(armId: string, action: PatchAction): Promise<ArmAnswer> {
    const [, , subscription = '', , group = '', , , , name = ''] = armId.split('/');
    const requestId = randomUUID();
    const path = `${armId}/${action.kind}`;
    let first: ArmAnswer | null = null;
    const options = {
      abortSignal: AbortSignal.timeout(this.#options.deadlineMs ?? DEADLINE_MS),
      requestOptions: { headers: { 'x-ms-client-request-id': requestId } },
      onResponse: (raw: {
        status: number;
        headers: Iterable<[string, string]>;
        bodyAsText?: string | null;
      }) => {
        first ??= { status: raw.status, headers: headersOf(raw.headers), body: bodyOf(raw.bodyAsText) };
      },
    };
    const { virtualMachines } = this.#client(subscription);
    return this.#seen('POST', path, requestId, async () => {
      const poller =
        action.kind === 'assessPatches'
          ? virtualMachines.assessPatches(group, name, options)
          : virtualMachines.installPatches(group, name, action.body, options);
      try {
        await poller.submitted();
      } catch (error) {
        if (first === null) throw error;
      }
      if (first === null) throw new ArmUnreachable(`The SDK showed no answer to POST ${path}.`);
      return first;
    });
  }

  async #seen(
    method: string,
    path: string,
    requestId: string,
    sendIt: () => Promise<ArmAnswer>,
  ): Promise<ArmAnswer> {
    const seen = (status: number | null): void => {
      this.#options.onRequest?.({ method, path, action: actionOf({ method, path }), requestId, status });
    };
    try {
      const answer = await sendIt();
      seen(answer.status);
      return answer;
    } catch (error) {
      if (isRestError(error) && error.response !== undefined && error.code !== 'PARSE_ERROR') {
        const answer = answerOf(error.response);
        seen(answer.status);
        return answer;
      }
      seen(null);
      const why = messageOf(error);
      throw new ArmUnreachable(`${method} ${path} was not answered: ${why}`, { cause: error });
    }
  }

  /** A stored URL gets a token only when it is of the endpoint that the deployment names. */
  #ownUrl(url: string): string {
    if (!/^https?:\/\//i.test(url)) return `${this.endpoint}${url}`;
    const own = new URL(this.endpoint);
    if (new URL(url).host === own.host && url.startsWith(`${own.protocol}//`)) return url;
    throw new Error(`A link leads to ${new URL(url).host}, not to ${own.host}: nothing is sent there.`);
  }

  get #scopes(): string {
    return `${this.endpoint}/.default`;
  }

  #client(subscription: string): ComputeManagementClient {
    const known = this.#clients.get(subscription);
    if (known !== undefined) return known;
    const client = new ComputeManagementClient(this.#options.credential ?? NO_CREDENTIAL, subscription, {
      endpoint: this.endpoint,
      credentials: { scopes: [this.#scopes] },
      retryOptions: { maxRetries: 0 },
      allowInsecureConnection: this.#isPlain,
    });
    // A token is never sent over http, and the SDK refuses to try.
    if (this.#options.credential === null)
      client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
    this.#clients.set(subscription, client);
    return client;
  }
}

const NO_CREDENTIAL: Credential = { getToken: () => Promise.resolve(null) };

function answerOf({ status, headers, bodyAsText }: PipelineResponse): ArmAnswer {
  return { status, headers: headersOf(headers), body: bodyOf(bodyAsText) };
}

function headersOf(headers: Iterable<[string, string]>): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]));
}

/** JSON where it is; else the text: gateways answer HTML or nothing. */
function bodyOf(text: string | null | undefined): unknown {
  if (text === null || text === undefined || text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
