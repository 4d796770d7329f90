import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Arm, type Credential } from '../../drivers/azure/arm';

const VM_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web';
const ENDPOINT = 'https://management.example.invalid';

/** Takes what is sent by https to a server on this machine, without TLS: what is looked at is what is sent. */
describe('requests with the token of the identity', () => {
  const seen: { url: string; token: string }[] = [];
  const server = http.createServer((request, response) => {
    seen.push({ url: request.url ?? '', token: request.headers.authorization ?? 'none' });
    const isStart = request.method === 'POST';
    const poll = `${ENDPOINT}/subscriptions/s/providers/Microsoft.Compute/locations/eastus/operations/1?p=x`;
    response.writeHead(isStart ? 202 : 200, {
      'content-type': 'application/json',
      ...(isStart && { 'azure-asyncoperation': poll, location: poll, 'retry-after': '1' }),
    });
    response.end('{"status":"InProgress"}');
  });
  let port = 0;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    seen.length = 0;
    jest
      .spyOn(https, 'request')
      .mockImplementation(((
        options: https.RequestOptions,
        answered: (response: http.IncomingMessage) => void,
      ) =>
        http.request(
          { method: options.method, path: options.path, headers: options.headers, host: '127.0.0.1', port },
          answered,
        )) as typeof https.request);
  });
  afterEach(() => jest.restoreAllMocks());

  /** Hands out token after token; each is valid for so long. */
  const identity = (validMs: number): Credential & { readonly scopes: string[] } => {
    const scopes: string[] = [];
    return {
      scopes,
      getToken: (scope) => {
        scopes.push(...[scope].flat());
        return Promise.resolve({
          token: `token-${scopes.length}`,
          expiresOnTimestamp: Date.now() + validMs,
        });
      },
    };
  };

  it('goes with every request, of the SDK and of the driver, for the endpoint of the deployment alone', async () => {
    const credential = identity(3_600_000);
    const arm = new Arm({ endpoint: ENDPOINT, credential });
    await arm.send({ method: 'GET', url: VM_ID });
    await arm.start(VM_ID, { kind: 'assessPatches' });
    expect(seen.map(({ token }) => token)).toEqual([
      expect.stringMatching(/^Bearer token-/),
      expect.stringMatching(/^Bearer token-/),
    ]);
    expect(new Set(credential.scopes)).toEqual(new Set([`${ENDPOINT}/.default`]));
  });

  it('a start is one request: the poller of the SDK, which is a promise of the end, is not waited for', async () => {
    const arm = new Arm({ endpoint: ENDPOINT, credential: identity(3_600_000) });
    const first = await arm.start(VM_ID, { kind: 'installPatches', body: { rebootSetting: 'Never' } });
    expect([first.status, first.headers['azure-asyncoperation']]).toEqual([
      202,
      expect.stringContaining('/operations/1'),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(seen.map(({ url }) => url.split('?')[0])).toEqual([`${VM_ID}/installPatches`]);
  });

  it('is renewed when it has expired', async () => {
    const arm = new Arm({ endpoint: ENDPOINT, credential: identity(-1) });
    await arm.send({ method: 'GET', url: VM_ID });
    await arm.send({ method: 'GET', url: VM_ID });
    expect(seen.map(({ token }) => token)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('is never sent without TLS', async () => {
    const arm = new Arm({ endpoint: `http://127.0.0.1:${port}`, credential: identity(3_600_000) });
    await expect(arm.send({ method: 'GET', url: VM_ID })).rejects.toThrow(/non-TLS|not permitted/i);
    await expect(arm.start(VM_ID, { kind: 'assessPatches' })).rejects.toThrow(/non-TLS|not permitted/i);
    expect(seen).toEqual([]);
  });
});
