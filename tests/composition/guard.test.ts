import { anApi, type Api, type Json } from '../armApi/api';
import { anIssuer, type Issuer } from '../support/entra';
import { routeRoles } from './routeRoles';

interface Route {
  readonly name: string;
  readonly methods: readonly string[];
  readonly path: string;
}

async function routesOf(api: Api): Promise<Route[]> {
  const functions = (await api.send('GET', '/admin/functions')).body as unknown as Json[];
  return functions.flatMap(({ name, config }) => {
    const bindings = config?.['bindings'] as unknown as Record<string, string>[];
    const trigger = bindings.find(({ type }) => type === 'httpTrigger');
    if (trigger === undefined) return [];
    const route = (trigger['route'] ?? '').replace(/\{[^}]*\}/g, 'x');
    const methods = (trigger['methods'] as unknown as string[]).map((method) => method.toUpperCase());
    return [{ name: name as unknown as string, methods, path: `/${route}`.replace('//', '/') }];
  });
}

const REFUSED =
  /^(UNAUTHENTICATED|FORBIDDEN|AuthenticationFailed|AuthorizationFailed|.*AuthenticationToken.*)$/;

/** `admitted`, or the status of the guard's refusal. */
async function answerTo(api: Api, route: Route, headers: Record<string, string>): Promise<string> {
  const answers = await Promise.all(
    route.methods.map(async (method) => {
      const { status, body } = await api.send(
        method,
        `${route.path}?api-version=2020-12-01`,
        undefined,
        headers,
      );
      if (method === 'HEAD') return status === 401 || status === 403 ? String(status) : 'admitted';
      const code = (body['code'] ?? body['error']?.['code'] ?? '') as string;
      return REFUSED.test(code) ? String(status) : 'admitted';
    }),
  );
  return [...new Set(answers)].join();
}

describe('The guard before every route', () => {
  let issuer: Issuer;
  let api: Api;
  let routes: Route[];
  beforeAll(async () => {
    issuer = await anIssuer();
    api = await anApi({ environment: issuer.environment });
    routes = await routesOf(api);
  });
  afterAll(async () => {
    await api.close();
    await issuer.close();
  });

  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const hour = (): number => Math.floor(Date.now() / 1000) - 3_600;
  const withRole = (role: string): Record<string, string> => bearer(issuer.token({ roles: [role] }));

  it('every HTTP function of the app stands in the table of roles, and the table names no other', () => {
    const named = Object.values(routeRoles).flat();
    expect(routes.map(({ name }) => name).sort()).toEqual([...named].sort());
  });

  const all = ['operator', 'reader', 'approver'];
  it.each<[string, () => Record<string, string>]>([
    ['no token', () => ({})],
    ['a token that is none', () => bearer('x.y.z')],
    ['an expired token', () => bearer(issuer.token({ roles: all, exp: hour() }))],
    ['a token without an end', () => bearer(issuer.token({ roles: all, exp: null }))],
    ['a token for another audience', () => bearer(issuer.token({ roles: all, aud: 'api://other' }))],
    ['a token of another tenant', () => bearer(issuer.token({ roles: all, tid: 'other' }))],
    ['a token of another issuer', () => bearer(issuer.token({ roles: all, iss: 'https://other' }))],
    ['a token without signature', () => bearer(issuer.token({ roles: all }, { alg: 'none' }))],
    [
      'a token that says it is signed in another way',
      () => bearer(issuer.token({ roles: all }, { alg: 'HS256' })),
    ],
    ['a changed token', () => bearer(issuer.token({ roles: all }).replace(/\.[^.]*$/, '.AAAA'))],
    [
      'the headers of App Service, which is not configured',
      () => ({ 'x-ms-client-principal-name': 'admin', 'x-ms-client-principal': 'e30=' }),
    ],
  ])('%s opens no route but those that reveal nothing', async (_what, headers) => {
    const answers = await Promise.all(
      routes.map(async (route) => [route.name, await answerTo(api, route, headers())] as const),
    );
    const admitted = answers.filter(([, answer]) => answer !== '401').map(([name]) => name);
    expect(admitted.sort()).toEqual([...routeRoles.open].sort());
  });

  it.each<[string, (keyof typeof routeRoles)[]]>([
    ['reader', ['open', 'reader']],
    ['operator', ['open', 'reader', 'operator']],
    ['approver', ['open', 'reader', 'approver']],
    ['a role of another application', ['open']],
  ])('%s: may do what its role is for, and is refused with 403 elsewhere', async (role, may) => {
    const headers = withRole(role);
    const answers = await Promise.all(
      routes.map(async (route) => [route.name, await answerTo(api, route, headers)] as const),
    );
    const expected = routes.map(
      ({ name }) => [name, may.some((each) => routeRoles[each].includes(name)) ? 'admitted' : '403'] as const,
    );
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(expected));
  });

  it('a token may have more than one role', async () => {
    const { body } = await api.send('GET', '/api/me', undefined, bearer(issuer.token({ roles: all })));
    expect(body['roles']).toEqual(['reader', 'operator', 'approver']);
  });

  it('the audit believes the token, and no header', async () => {
    await api.send(
      'POST',
      '/api/rollouts',
      {},
      { ...withRole('operator'), 'x-ms-client-principal-name': 'eve' },
    );
    const { body } = await api.send('GET', '/api/rollouts', undefined, withRole('reader'));
    expect(body['value']?.[0 as never]?.['requestedBy']).toBe(
      'ann@contoso.com (0b0b0b0b-0000-4000-8000-000000000001)',
    );
  });

  it('an application is named by its id', async () => {
    const token = issuer.token({ roles: ['reader'], preferred_username: null, azp: 'app-1' });
    const { body } = await api.send('GET', '/api/me', undefined, bearer(token));
    expect(body['name']).toBe('application app-1 (0b0b0b0b-0000-4000-8000-000000000001)');
  });

  it('a refusal says in the form of each API what was wrong, and where a client gets a token', async () => {
    const expired = bearer(issuer.token({ roles: all, exp: hour() }));
    const operator = await api.send('GET', '/api/rollouts', undefined, expired);
    expect([operator.status, operator.headers['content-type'], operator.body['title']]).toEqual([
      401,
      'application/problem+json',
      'The token has expired.',
    ]);
    const arm = await api.send('GET', '/subscriptions?api-version=2022-12-01', undefined, expired);
    expect(arm.body['error']?.['code']).toBe('ExpiredAuthenticationToken');
    for (const { headers } of [operator, arm])
      expect(headers['www-authenticate']).toMatch(
        /^Bearer authorization_uri="http:\/\/127\.0\.0\.1:\d+", error="invalid_token", error_description="The token has expired\."$/,
      );
  });
});

describe('What the guard needs', () => {
  it('keys of the issuer that cannot be had are no fault of the token: 503, and when to try again', async () => {
    const issuer = await anIssuer();
    const api = await anApi({ environment: issuer.environment });
    const headers = { authorization: `Bearer ${issuer.token({ roles: ['reader'] })}` };
    await issuer.close();
    const answers = [
      await api.send('GET', '/api/me', undefined, headers),
      await api.send('GET', '/subscriptions?api-version=2022-12-01', undefined, headers),
    ];
    expect(answers.map(({ status, headers: all }) => [status, all['retry-after']])).toEqual([
      [503, '10'],
      [503, '10'],
    ]);
    expect(answers[0]?.body['code']).toBe('IDENTITY_UNAVAILABLE');
    await api.close();
  });

  it('with VMs that are not simulated in this process there is no ARM API', async () => {
    const environment = { LOWTIDE_DRIVER: 'served', LOWTIDE_DRIVER_URL: 'http://127.0.0.1:9' };
    const api = await anApi({ environment });
    expect((await routesOf(api)).filter(({ name }) => name.startsWith('arm'))).toEqual([]);
    await api.close();
  });
});

describe('The guard without authentication', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
  });
  afterAll(() => api.close());

  it.each([
    ['the name of another host', { host: 'lowtide.example' }],
    ['an address of the network', { host: '192.168.1.7:7071' }],
    ['a name that begins as loopback does', { host: 'localhost.evil.example' }],
    ['a proxy before another machine', { 'x-forwarded-for': '203.0.113.9, 127.0.0.1' }],
    ['a proxy with another name', { 'x-forwarded-host': 'lowtide.example' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
  ])('%s: no route answers', async (_what, headers) => {
    const routes = await routesOf(api);
    const answers = await Promise.all(routes.map((route) => answerTo(api, route, headers)));
    expect(new Set(answers)).toEqual(new Set(['403']));
  });

  it.each<Record<string, string>>([
    { host: 'localhost:7071' },
    { host: '[::1]:7071' },
    { host: '127.0.0.1', 'x-forwarded-for': '127.0.0.1:50321, ::1' },
    { origin: 'http://localhost:5173' },
    { authorization: 'Bearer whatever an SDK sends' },
  ])('this machine may do everything: %o', async (headers) => {
    const { status, body } = await api.send('GET', '/api/me', undefined, headers);
    expect([status, body]).toEqual([
      200,
      { name: 'anonymous on loopback', id: 'loopback', roles: ['reader', 'operator', 'approver'] },
    ]);
  });

  it('a name in a header is written down as what it is: something said', async () => {
    const say = async (name: string): Promise<unknown> =>
      (await api.send('GET', '/api/me', undefined, { 'x-ms-client-principal-name': name })).body['name'];
    expect(await say('ann')).toBe("anonymous on loopback, says it is 'ann'");
    expect(await say("ann' <script>")).toBe('anonymous on loopback');
  });
});

describe('The guard behind App Service authentication', () => {
  const TENANT = '0a0a0a0a-0000-4000-8000-000000000001';
  const environment = {
    LOWTIDE_AUTH: 'appService',
    LOWTIDE_AUTH_TENANT: TENANT,
    WEBSITE_AUTH_ENABLED: 'True',
  };
  let api: Api;
  beforeAll(async () => {
    api = await anApi({ environment });
  });
  afterAll(() => api.close());

  const principal = (more: Record<string, string> = {}, auth_typ = 'aad'): Record<string, string> => {
    const claims = {
      tid: TENANT,
      oid: 'ann-1',
      preferred_username: 'ann@contoso.com',
      roles: 'operator',
      ...more,
    };
    const value = {
      auth_typ,
      role_typ: 'roles',
      claims: Object.entries(claims).map(([typ, val]) => ({ typ, val })),
    };
    return { 'x-ms-client-principal': Buffer.from(JSON.stringify(value)).toString('base64') };
  };
  const me = (headers: Record<string, string>) => api.send('GET', '/api/me', undefined, headers);

  it('who is signed in is in its header', async () => {
    expect((await me(principal())).body).toEqual({
      name: 'ann@contoso.com (ann-1)',
      id: `${TENANT}/ann-1`,
      roles: ['operator'],
    });
  });

  it.each<[string, () => Record<string, string>, number]>([
    ['without the header', () => ({}), 401],
    ['with another header of the same kind', () => ({ 'x-ms-client-principal-name': 'ann' }), 401],
    ['with one that cannot be read', () => ({ 'x-ms-client-principal': 'x' }), 401],
    ['of another tenant', () => principal({ tid: 'other' }), 401],
    ['signed in by another provider', () => principal({}, 'github'), 401],
    ['without a role', () => principal({ roles: 'other' }), 403],
  ])('%s: refused', async (_what, headers, status) => {
    expect((await me(headers())).status).toBe(status);
  });

  it('a page of another site changes nothing with the sign-in of its reader', async () => {
    const post = async (origin: string): Promise<number> =>
      (await api.send('POST', '/api/rollouts', {}, { ...principal(), origin })).status;
    expect(await post('https://evil.example')).toBe(403);
    expect(await post('http://127.0.0.1')).toBe(202);
  });
});
