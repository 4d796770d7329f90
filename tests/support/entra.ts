import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSign, generateKeyPairSync } from 'node:crypto';

export const TENANT = '0a0a0a0a-0000-4000-8000-000000000001';
export const AUDIENCE = 'api://lowtide';

/** An issuer of tokens on this machine, with a key set of its own. */
export interface Issuer {
  /** The settings that make the app believe it. */
  readonly environment: Readonly<Record<string, string>>;
  /** A token that is right but for what is given; `null` leaves a claim out. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  close(): Promise<void>;
}

export async function anIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig', alg: 'RS256' }];
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
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
