import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf } from '../domain/messageOf';
import type { Message } from './messageTo';
import { lookupPublic, refuseWrittenAddress } from './publicAddress';

export type Posted =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused';
      readonly error: string;
      /** How long the receiver asks not to be tried again; null when it does not say. */
      readonly forMs: number | null;
      /** It was refused for what it is: another one may be taken. */
      readonly isOfMessage: boolean;
    };

export interface PostOptions {
  /** Of the notice; receivers tell repeats by it. */
  readonly id: string;
  readonly secret: string | null;
  readonly privateAddresses: boolean;
  /** Seconds since 1970, of the host's clock. */
  readonly nowSeconds: number;
}

const TIMEOUT_MS = 10_000;

/** Among 4xx those that any message gets: of the sender, of the address, or of the moment. */
const OF_ANY_MESSAGE: ReadonlySet<number> = new Set([401, 404, 405, 407, 408, 410, 421, 425, 429]);

/**
 * Posts once; every failure is an answer. No redirect is followed and no private address is reached, whatever a name resolves to at
 * the moment of connecting, unless the deployment allows it.
 */
export function post(url: string, message: Message, options: PostOptions): Promise<Posted> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const failed = (error: unknown): void => {
      resolve({ kind: 'refused', error: messageOf(error), forMs: null, isOfMessage: false });
    };
    try {
      if (!options.privateAddresses) refuseWrittenAddress(url);
      const sent = send(url, {
        method: 'POST',
        agent: false,
        ...(!options.privateAddresses && { lookup: lookupPublic }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          ...message.headers,
          'content-length': String(Buffer.byteLength(message.body)),
          'user-agent': 'lowtide',
          ...signature(message.body, options),
        },
      });
      sent.on('error', failed);
      sent.on('response', (response) => {
        // What it says is of no interest, and may be endless.
        response.destroy();
        const { statusCode = 0, headers } = response;
        if (statusCode >= 200 && statusCode < 300) resolve({ kind: 'accepted' });
        else
          resolve({
            kind: 'refused',
            error: `It answered ${statusCode}.`,
            forMs: retryAfterMs(headers['retry-after']),
            isOfMessage: statusCode >= 400 && statusCode < 500 && !OF_ANY_MESSAGE.has(statusCode),
          });
      });
      sent.end(message.body);
    } catch (error) {
      failed(error);
    }
  });
}

function retryAfterMs(header: string | undefined): number | null {
  const seconds = Number(header);
  return header === undefined || !Number.isFinite(seconds) || seconds < 0 ? null : seconds * 1000;
}

/**
 * HMAC-SHA-256 over `id.timestamp.body`, as Standard Webhooks has it, so that a receiver knows the sender and refuses what was recorded
 * and is sent again. Source: https://www.standardwebhooks.com.
 */
export function signature(body: string, { id, secret, nowSeconds }: PostOptions): Record<string, string> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(nowSeconds) };
  if (secret === null) return headers;
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
  const mac = createHmac('sha256', key).update(`${id}.${nowSeconds}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${mac}` };
}
