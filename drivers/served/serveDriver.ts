import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FleetDriver } from '../driver';
import { Envelope, METHODS, WIRE } from './driverWire';

export interface ServedDriver {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a driver on loopback to the hosts of one machine. Its clock is the latest that any of them has sent, and never goes back. Port 0 is any
 * free one.
 */
export async function serveDriver(
  makeDriver: (nowUtc: () => string) => FleetDriver,
  port: number,
): Promise<ServedDriver> {
  let latestUtc = new Date(0).toISOString();
  const driver = makeDriver(() => latestUtc);
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const method = METHODS.find((each) => request.url === `/${each}`);
    if (method === undefined || request.method !== 'POST')
      return { status: 404, body: { error: `There is POST /${METHODS.join(', /')}.` } };
    const envelope = Envelope.safeParse(JSON.parse(await textOf(request)));
    const input = WIRE[method].input.safeParse(envelope.data?.input);
    if (!envelope.success || !input.success)
      return { status: 400, body: { error: `This is no request to ${method}.` } };
    if (envelope.data.nowUtc > latestUtc) latestUtc = envelope.data.nowUtc;
    return { status: 200, body: await call(driver, { method, input: input.data } as Call) };
  };
  const server = createServer((request, response) => {
    void answer(request)
      .catch((error: unknown) => ({ status: 500, body: { error: String(error) } }))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type Wire = typeof WIRE;
type Call = {
  [M in keyof Wire]: { readonly method: M; readonly input: Wire[M]['input']['_zod']['output'] };
}[keyof Wire];

function call(driver: FleetDriver, { method, input }: Call): Promise<unknown> {
  switch (method) {
    case 'listVirtualMachines':
      return driver.listVirtualMachines(input.cursor);
    case 'startInstallation':
      return driver.startInstallation(input.id, input.request);
    case 'startExtensionInstallation':
      return driver.startExtensionInstallation(input.id, input.notAfterUtc);
    case 'readOperation':
      return driver.readOperation(input.operationId);
    case 'startAssessment':
      return driver.startAssessment(input.id, input.activityId);
    case 'readVirtualMachine':
    case 'probeHealth':
      return driver[method](input.id);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
