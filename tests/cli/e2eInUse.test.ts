import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCli } from '../../cli/program';

interface FakeHost {
  readonly server: Server;
  readonly baseUrl: string;
  /** Method and path of every request. */
  readonly requests: string[];
}

const hosts: Server[] = [];
afterEach(() => {
  for (const server of hosts.splice(0)) server.close();
});

async function hostThat(
  answers: (request: IncomingMessage) => { readonly status: number; readonly body: unknown },
): Promise<FakeHost> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const { status, body } = answers(request);
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  hosts.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, requests, baseUrl: `http://127.0.0.1:${port}` };
}

/** Exit code and standard error of a command. */
async function run(...args: string[]): Promise<{ readonly code: number; readonly errors: string }> {
  const error = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const code = await runCli(args);
    return { code, errors: error.mock.calls.map(([text]) => String(text)).join('') };
  } finally {
    error.mockRestore();
    output.mockRestore();
  }
}

test('e2e refuses a host that has a rollout, and changes nothing', async () => {
  const { baseUrl, requests } = await hostThat(() => ({
    status: 200,
    body: { value: [{ id: 'rollout-2026-11' }] },
  }));
  const { code, errors } = await run('e2e', '--base-url', baseUrl);
  expect(code).toBe(1);
  expect(errors).toContain('is in use, and nothing of it was changed');
  expect(errors).toContain('It has rollout-2026-11.');
  expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
});

test('e2e refuses a host that has a fleet, and changes nothing', async () => {
  const { baseUrl, requests } = await hostThat(({ url = '' }) => {
    if (url.includes('/virtualMachines')) return { status: 200, body: { value: [{}, {}] } };
    if (url.startsWith('/subscriptions'))
      return { status: 200, body: { value: [{ subscriptionId: 's-1' }] } };
    return { status: 200, body: { value: [] } };
  });
  const { code, errors } = await run('e2e', '--base-url', baseUrl);
  expect(code).toBe(1);
  expect(errors).toContain('It has 2 VMs or more.');
  expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
});

test('a host that wants a function key is sent the one of --key, and without it the key is asked for', async () => {
  const { baseUrl } = await hostThat(({ headers }) =>
    headers['x-functions-key'] === 'secret'
      ? { status: 200, body: { value: [{ id: 'rollout-2026-11' }] } }
      : { status: 401, body: '' },
  );
  expect((await run('e2e', '--base-url', baseUrl)).errors).toContain('Give the key with --key.');
  expect((await run('e2e', '--base-url', baseUrl, '--key', 'secret')).errors).toContain('is in use');
});
