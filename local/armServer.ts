import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface PlainRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Scheme and host that the client used. */
  readonly baseUrl: string;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
}

/** Null: the connection is cut before anything is answered. */
export type ArmHandler = (request: PlainRequest) => Promise<PlainAnswer | null>;

export interface ArmServer {
  readonly url: string;
  /** Answers from now on. Before that, and between two, everything is answered 503. */
  readonly answerBy: (handler: ArmHandler) => void;
  readonly close: () => Promise<void>;
}

/** An HTTP server on loopback for what answers as Azure Resource Manager does. */
export async function serveArm(): Promise<ArmServer> {
  let handler: ArmHandler = () => Promise.resolve({ status: 503, headers: {}, body: '' });
  const server = createServer((request, response) => {
    void answer(request, response, handler).catch(() => request.socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerBy(next) {
      handler = next;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handler: ArmHandler,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  const found = await handler({
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
    baseUrl: `http://${headers['host'] ?? '127.0.0.1'}`,
  });
  if (found === null) {
    request.socket.destroy();
    return;
  }
  const bytes = Buffer.from(found.body, 'utf8');
  response.writeHead(found.status, { ...found.headers, 'content-length': String(bytes.length) });
  if (found.cutAfter === undefined) {
    response.end(bytes);
    return;
  }
  response.write(bytes.subarray(0, found.cutAfter), () => request.socket.destroy());
}
