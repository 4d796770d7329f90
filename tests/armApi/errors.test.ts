import { anApi, GROUP, SUB, VM, type Api, type Reply } from './api';

const NEWER = '?api-version=2020-12-01';

describe('Errors of the ARM API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.prepare();
  });
  afterAll(() => api.close());

  const errorOf = ({ status, body }: Reply): unknown => [status, body['error']?.['code']];

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])(
    '%s without api-version is 400 MissingApiVersionParameter',
    async (method) => {
      const reply = await api.send(method, VM, method === 'GET' ? undefined : {});
      expect(reply.status).toBe(400);
      expect(reply.body).toEqual({
        error: {
          code: 'MissingApiVersionParameter',
          message: 'The api-version query parameter (?api-version=) is required for all requests.',
        },
      });
    },
  );

  it.each([
    ['2019-12-01', 'NoRegisteredProviderFound'],
    ['2020-09-30', 'NoRegisteredProviderFound'],
    ['newest', 'InvalidApiVersionParameter'],
  ])('R-505: api-version %s is 400 %s, and the error lists the supported ones', async (version, code) => {
    const reply = await api.send('GET', `${VM}?api-version=${version}`);
    expect(errorOf(reply)).toEqual([400, code]);
    expect(reply.body['error']?.['message']).toContain("'2020-06-01, 2020-12-01 and newer'");
  });

  it('reads the name of the parameter without regard to case', async () => {
    expect((await api.send('GET', `${GROUP}?API-Version=2021-04-01`)).status).toBe(200);
  });

  it.each([
    ['half of JSON', '{"location": "eastus"'],
    ['nothing', ''],
    ['a text', '"text"'],
    ['null', 'null'],
    ['a list', '[1]'],
    ['too many levels', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`],
  ])('a body of %s is 400 InvalidRequestContent', async (_what, body) => {
    const reply = await api.send('PUT', `${VM}${NEWER}`, body, { 'content-type': 'application/json' });
    expect(errorOf(reply)).toEqual([400, 'InvalidRequestContent']);
  });

  it('braces in texts do not count as depth', async () => {
    const body = { location: 'eastus', tags: { a: '{['.repeat(100), b: '\\"[[' } };
    expect((await api.send('PUT', `${SUB}/resourceGroups/braces${NEWER}`, body)).status).toBe(201);
  });

  it('a body of more than 4 MB is 413', async () => {
    const reply = await api.send('PUT', `${VM}${NEWER}`, `{"a":"${'x'.repeat(4 * 1024 * 1024)}"}`);
    expect(errorOf(reply)).toEqual([413, 'RequestContentTooLarge']);
  });

  it('a member called __proto__ changes nothing but itself', async () => {
    const body = '{"location":"eastus","tags":{"__proto__":"x"},"__proto__":{"polluted":true}}';
    const reply = await api.send('PUT', `${SUB}/resourceGroups/proto${NEWER}`, body);
    expect(reply.status).toBe(201);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['GET', `${SUB}/nothing`, 404, 'NotFound'],
    ['GET', `${SUB}/nothing/at/all`, 404, 'NotFound'],
    ['GET', '/providers', 404, 'NotFound'],
    ['GET', '/providers/Microsoft.Nothing', 404, 'InvalidResourceNamespace'],
    ['GET', `${SUB}/providers/Microsoft.Nothing/things/a`, 404, 'InvalidResourceNamespace'],
    ['GET', `${GROUP}/providers/Microsoft.Compute/disks/a`, 404, 'InvalidResourceType'],
    ['POST', `${VM}/explode`, 404, 'InvalidResourceType'],
    ['POST', VM, 405, 'MethodNotAllowed'],
    ['DELETE', `${SUB}/providers/Microsoft.Compute/virtualMachines`, 405, 'MethodNotAllowed'],
    ['PUT', '/subscriptions', 405, 'MethodNotAllowed'],
    ['DELETE', SUB, 405, 'MethodNotAllowed'],
    ['POST', '/tenants', 405, 'MethodNotAllowed'],
    ['OPTIONS', VM, 405, 'MethodNotAllowed'],
    ['GET', '/subscriptions/no such/resourceGroups', 400, 'InvalidSubscriptionId'],
    ['PUT', `${SUB}/resourceGroups/ends.`, 400, 'InvalidResourceGroupName'],
    ['PUT', VM.replace('myVirtualMachine', 'a b'), 400, 'InvalidParameter'],
    ['PUT', VM.replace('myVirtualMachine', 'a%2Fb'), 400, 'InvalidParameter'],
    ['GET', VM.replace('myVirtualMachine', 'a%2Fb'), 404, 'ResourceNotFound'],
  ])('%s %s is %d %s', async (method, path, status, code) => {
    const body = method === 'PUT' ? { location: 'eastus' } : undefined;
    expect(errorOf(await api.send(method, `${path}${NEWER}`, body))).toEqual([status, code]);
  });

  it('every answer has the ids by which it is found again, and echoes that of the client when asked to', async () => {
    const quiet = await api.send('GET', `${VM}${NEWER}`, undefined, { 'x-ms-client-request-id': 'mine' });
    expect(quiet.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(quiet.headers['x-ms-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(quiet.headers['x-ms-correlation-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(quiet.headers).not.toHaveProperty('x-ms-client-request-id');
    const asked = await api.send('GET', `${GROUP}${NEWER}`, undefined, {
      'x-ms-client-request-id': 'mine',
      'x-ms-return-client-request-id': 'true',
      'x-ms-correlation-request-id': 'yours',
    });
    expect(asked.headers).toMatchObject({
      'x-ms-client-request-id': 'mine',
      'x-ms-correlation-request-id': 'yours',
    });
  });
});

describe('What az login asks for', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
  });
  afterAll(() => api.close());

  it.each(['2019-11-01', '2022-12-01'])(
    'R-606: tenants and subscriptions, with %s, also in an empty simulated Azure',
    async (version) => {
      const tenants = await api.send('GET', `/tenants?api-version=${version}`);
      const subscriptions = await api.send('GET', `/subscriptions?api-version=${version}`);
      const [tenant] = tenants.body['value'] as unknown as Record<string, string>[];
      const [subscription] = subscriptions.body['value'] as unknown as Record<string, string>[];
      expect(subscription).toMatchObject({ tenantId: tenant?.['tenantId'], state: 'Enabled' });
      const path = `${subscription?.['id'] ?? ''}?api-version=${version}`;
      expect((await api.send('GET', path)).body).toEqual(subscription);
    },
  );

  it('regions', async () => {
    const { body } = await api.send('GET', `${SUB}/locations?api-version=2022-12-01`);
    expect(JSON.stringify(body)).toContain('"name":"eastus","displayName":"East US"');
  });
});
