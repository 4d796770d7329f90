import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificate } from './certificate';
import type { Answer, HttpHandler } from './http';

export interface Server {
  readonly baseUrl: string;
  close(): Promise<void>;
}

/** Listens on the loopback interface only: the emulator checks no keys. */
export async function listen(port: number, secure: boolean, handler: HttpHandler): Promise<Server> {
  const scheme = secure ? 'https' : 'http';
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void serve(request, response, scheme, handler);
  };
  const server = secure
    ? https.createServer(await createCertificate(), onRequest)
    : http.createServer(onRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    baseUrl: `${scheme}://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A target that begins with two slashes is a path with an empty segment, and names no host. */
export function urlOf(target: string, origin: string): URL {
  return target.startsWith('/') ? new URL(`${origin}${target}`) : new URL(target, origin);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  scheme: string,
  handler: HttpHandler,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    const url = urlOf(request.url ?? '/', `${scheme}://${headers['host'] ?? '127.0.0.1'}`);
    write(
      request,
      response,
      await handler({ method: request.method ?? 'GET', url, headers, body: Buffer.concat(chunks) }),
    );
  } catch {
    // The client went away, or what it sent is no HTTP request: there is no client to answer.
    response.destroy();
  }
}

function write(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const isHead = request.method === 'HEAD';
  // Kestrel does not announce keep-alive, and closes after HEAD.
  if (isHead) response.shouldKeepAlive = false;
  else response.removeHeader('connection');
  response.setHeader('server', 'Lowtide-Emulator');
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  if (answer.chunked !== true && answer.status !== 204)
    response.setHeader('content-length', answer.body.length);
  response.writeHead(answer.status);
  if (answer.chunked === true && answer.body.length > 0 && !isHead) response.write(answer.body);
  response.end(answer.chunked === true || isHead ? undefined : answer.body);
}
