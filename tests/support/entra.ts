import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';

export const TENANT = '0a0a0a0a-0000-4000-8000-000000000001';
export const AUDIENCE = 'api://lowtide';

/** An issuer of tokens on this machine, with a key set of its own. */
export interface Issuer {
  /** The settings that make the app believe it. */
  readonly environment: Readonly<Record<string, string>>;
  /** A token that is right but for what is given; `null` leaves a claim out. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  /** The roles of the account that signs in from now on in a browser, at the issuer's own pages. */
  signsInAs(roles: readonly string[]): void;
  close(): Promise<void>;
}

export async function anIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig', alg: 'RS256' }];
  let rolesNow: readonly string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://issuer');
    if (pathname.endsWith('/authorize')) authorize(searchParams, response);
    else if (pathname.endsWith('/token'))
      void giveToken(request, response, () => issuer.token({ roles: rolesNow }));
    else answerJson(response, 200, { keys });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: Issuer = {
    signsInAs: (roles) => {
      rolesNow = roles;
    },
    environment: {
      LOWTIDE_AUTH: 'entra',
      LOWTIDE_AUTH_TENANT: TENANT,
      LOWTIDE_AUTH_AUDIENCE: AUDIENCE,
      LOWTIDE_AUTH_ISSUER: `${url}/v2.0`,
      LOWTIDE_AUTH_JWKS_URL: `${url}/keys`,
    },
    token: (claims = {}, header = {}) => {
      const seconds = Math.floor(Date.now() / 1000);
      const all = {
        iss: `${url}/v2.0`,
        aud: AUDIENCE,
        tid: TENANT,
        oid: '0b0b0b0b-0000-4000-8000-000000000001',
        preferred_username: 'ann@contoso.com',
        iat: seconds,
        exp: seconds + 3_600,
        ...claims,
      };
      const text = [{ alg: 'RS256', typ: 'JWT', kid: 'key-1', ...header }, all].map(encoded).join('.');
      if (header['alg'] === 'none') return `${text}.`;
      return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
    },
    close: () => closed(server),
  };
  return issuer;
}

/** The code holds what the token is given for, as an issuer would keep it: the challenge and the address of the client. */
function authorize(query: URLSearchParams, response: ServerResponse): void {
  const given = (name: string): string => query.get(name) ?? '';
  const code = [given('code_challenge'), given('client_id'), given('redirect_uri')].join(' ');
  const back = new URL(given('redirect_uri'));
  back.searchParams.set('code', Buffer.from(code).toString('base64url'));
  back.searchParams.set('state', given('state'));
  response.writeHead(302, { location: back.href }).end();
}

/** Only to the client that asked, with the verifier of its challenge (RFC 7636), and to a page of another origin, as Entra ID does. */
async function giveToken(
  request: IncomingMessage,
  response: ServerResponse,
  token: () => string,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  const given = (name: string): string => form.get(name) ?? '';
  const [challenge, client, address] = Buffer.from(given('code'), 'base64url').toString().split(' ');
  const isRight =
    challenge === createHash('sha256').update(given('code_verifier')).digest('base64url') &&
    [client, address].join(' ') === [given('client_id'), given('redirect_uri')].join(' ');
  response.setHeader('access-control-allow-origin', request.headers.origin ?? 'null');
  if (isRight) answerJson(response, 200, { access_token: token(), token_type: 'Bearer' });
  else
    answerJson(response, 400, {
      error: 'invalid_grant',
      error_description: 'The code is not for this client.',
    });
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function encoded(value: object): string {
  return Buffer.from(
    JSON.stringify(value, (_name, each: unknown) => (each === null ? undefined : each)),
  ).toString('base64url');
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
