import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import type { AuthSettings } from './authSettings';
import { NotAdmitted, rolesOf, type Caller } from './caller';
import { messageOf } from '../domain/messageOf';

type EntraSettings = Extract<AuthSettings, { kind: 'entra' }>;

/** Entra signs with nothing else. A list of what is allowed keeps out `none`, and keys of one kind used as another. */
const ALGORITHMS = ['RS256'];
/** Clocks of two machines agree so far. */
const CLOCK_TOLERANCE_SECONDS = 60;
const KEYS_TIMEOUT_MS = 5_000;

/** Keys that were read, by their address; read again when a token names one that is not among them, at most every 30 seconds. */
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/** The caller of a request with an `Authorization` header; throws NotAdmitted. Source: docs of the Microsoft identity platform, access tokens. */
export async function callerOfToken(header: string | null, settings: EntraSettings): Promise<Caller> {
  const [, token] = /^Bearer\s+(\S+)\s*$/i.exec(header ?? '') ?? [];
  if (token === undefined)
    throw new NotAdmitted('noToken', {
      what: 'The request has no bearer token.',
      why: 'Lowtide does not serve unknown callers.',
      fix: `Send Authorization: Bearer <token>, a token of Entra ID for ${settings.audiences.join(' or ')}.`,
    });
  const claims = await verify(token, settings);
  if (claims['tid'] !== settings.tenantId)
    throw refused('wrongTenant', `The token is of tenant '${text(claims['tid'])}'.`, settings);
  return callerOf(claims, settings);
}

async function verify(token: string, settings: EntraSettings): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keysOf(settings.jwksUrl), {
      algorithms: ALGORITHMS,
      issuer: [...settings.issuers],
      audience: [...settings.audiences],
      requiredClaims: ['exp', 'tid', 'oid'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  } catch (cause) {
    throw refusalOf(cause, settings);
  }
}

function keysOf(url: string): ReturnType<typeof createRemoteJWKSet> {
  const known = keySets.get(url);
  if (known !== undefined) return known;
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: KEYS_TIMEOUT_MS });
  keySets.set(url, keys);
  return keys;
}

function refusalOf(cause: unknown, settings: EntraSettings): NotAdmitted {
  if (cause instanceof errors.JWTExpired)
    return refused('expiredToken', 'The token has expired.', settings, cause);
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const value = text(cause.payload[cause.claim]);
    if (cause.claim === 'aud')
      return refused('wrongAudience', `The token is for the audience '${value}'.`, settings, cause);
    if (cause.claim === 'iss')
      return refused('wrongTenant', `The token was issued by '${value}'.`, settings, cause);
    return refused(
      'invalidToken',
      `The token's claim '${cause.claim}' is wrong or missing.`,
      settings,
      cause,
    );
  }
  if (isAboutTheToken(cause))
    return refused('invalidToken', 'The token is not signed by a key of the issuer.', settings, cause);
  return new NotAdmitted(
    'keysUnavailable',
    {
      what: 'The token could not be checked.',
      why: `The keys of the issuer could not be read from ${settings.jwksUrl}: ${messageOf(cause)}`,
      fix: 'Try again in a few seconds; if it persists, check that the host can reach that address.',
    },
    { cause },
  );
}

/** Everything else is about the key set: it did not come, or is none. */
function isAboutTheToken(cause: unknown): boolean {
  return (
    cause instanceof errors.JWTInvalid ||
    cause instanceof errors.JWSInvalid ||
    cause instanceof errors.JOSEAlgNotAllowed ||
    cause instanceof errors.JOSENotSupported ||
    cause instanceof errors.JWKSNoMatchingKey ||
    cause instanceof errors.JWKSMultipleMatchingKeys ||
    cause instanceof errors.JWSSignatureVerificationFailed
  );
}

function refused(
  refusal: 'expiredToken' | 'wrongAudience' | 'wrongTenant' | 'invalidToken',
  what: string,
  { audiences, tenantId }: EntraSettings,
  cause?: unknown,
): NotAdmitted {
  return new NotAdmitted(
    refusal,
    {
      what,
      why: `Only tokens of tenant ${tenantId} for ${audiences.join(' or ')} are accepted, if signed by it and not expired.`,
      fix: `Get a new one: az account get-access-token --tenant ${tenantId} --resource ${audiences[0] ?? ''}`,
    },
    { cause },
  );
}

/** Names of people change and are not unique; the object id is in the audit beside them. */
function callerOf(claims: JWTPayload, { tenantId }: EntraSettings): Caller {
  const id = text(claims['oid']);
  const person = text(claims['preferred_username']) || text(claims['upn']) || text(claims['name']);
  const application = text(claims['azp']) || text(claims['appid']);
  const roles: unknown = claims['roles'];
  return {
    name: person === '' ? `application ${application} (${id})` : `${person} (${id})`,
    id: `${tenantId}/${id}`,
    roles: rolesOf(Array.isArray(roles) ? roles : []),
  };
}

function text(claim: unknown): string {
  if (Array.isArray(claim)) return claim.map(text).join(', ');
  return typeof claim === 'string' ? claim : '';
}
