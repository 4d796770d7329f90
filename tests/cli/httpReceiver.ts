import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answered {
  readonly status: number;
  readonly body?: string;
}
/** What answers a request: its status, and the body where it has one. */
export type Answer = (request: Received) => Answered | Promise<Answered>;

export interface HttpReceiver {
  readonly url: string;
  /** In the order in which they came. */
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** A server beside Lowtide, on this machine: a chat, a change calendar. */
export async function httpReceiver(answer: Answer): Promise<HttpReceiver> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(pieces).toString(),
      };
      received.push(one);
      void Promise.resolve(answer(one)).then(({ status, body }) => {
        response.writeHead(status).end(body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
