import { cloudSign } from './cloudSign';

/** How it is found out on whose behalf a request acts. */
export type AuthSettings =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'entra';
      readonly tenantId: string;
      /** What a token's `aud` may be: the application id of the API, or its `api://` address. */
      readonly audiences: readonly string[];
      readonly issuers: readonly string[];
      readonly jwksUrl: string;
      /** Where people sign in, as `https://login.microsoftonline.com/<tenant>`: `/oauth2/v2.0/authorize` and `/token` are below it. */
      readonly authority: string;
      /** The application as which the dashboard signs people in; null when it takes only a token. */
      readonly clientId: string | null;
    }
  | { readonly kind: 'appService'; readonly tenantId: string };

export const AUTH_SETTINGS = [
  'LOWTIDE_AUTH',
  'LOWTIDE_AUTH_TENANT',
  'LOWTIDE_AUTH_AUDIENCE',
  'LOWTIDE_AUTH_ISSUER',
  'LOWTIDE_AUTH_JWKS_URL',
  'LOWTIDE_AUTH_CLIENT',
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Those that `none` and `appService` make no use of. */
const OF_ENTRA = [
  'LOWTIDE_AUTH_AUDIENCE',
  'LOWTIDE_AUTH_ISSUER',
  'LOWTIDE_AUTH_JWKS_URL',
  'LOWTIDE_AUTH_CLIENT',
] as const;
const KINDS = ['none', 'entra', 'appService'] as const;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads how requests are authenticated; what is wrong with it goes to `problems`. Wrong settings never end in `none`.
 */
export function readAuth(environment: Environment, problems: string[]): AuthSettings {
  const given = (name: string): string => environment[name]?.trim() ?? '';
  const written = given('LOWTIDE_AUTH');
  const kind = KINDS.find((each) => each === (written === '' ? 'none' : written));
  if (kind === undefined)
    problems.push(`LOWTIDE_AUTH is '${written}'; it may be none or entra or appService.`);
  if (kind === 'none') return none(environment, given, problems);
  const tenantId = given('LOWTIDE_AUTH_TENANT').toLowerCase();
  if (!GUID.test(tenantId))
    problems.push(
      `LOWTIDE_AUTH_TENANT is '${tenantId}'; with LOWTIDE_AUTH=${written} it is the id of the Entra tenant: 8-4-4-4-12 hexadecimal digits.`,
    );
  if (kind !== 'appService') return entra(tenantId, given, problems);
  problems.push(...unused(given, OF_ENTRA, 'appService'));
  if (given('WEBSITE_AUTH_ENABLED').toLowerCase() !== 'true')
    problems.push(
      'LOWTIDE_AUTH is appService, and App Service authentication is not on here (WEBSITE_AUTH_ENABLED): any client could send its headers. Turn it on for the Function App, or set LOWTIDE_AUTH to entra.',
    );
  return { kind: 'appService', tenantId };
}

function none(environment: Environment, given: (name: string) => string, problems: string[]): AuthSettings {
  problems.push(...unused(given, ['LOWTIDE_AUTH_TENANT', ...OF_ENTRA], 'none'));
  const sign = cloudSign(environment);
  if (sign !== null)
    problems.push(
      `LOWTIDE_AUTH is none, and this host is in the cloud (${sign} is set): any client could do anything. Set LOWTIDE_AUTH to entra or appService.`,
    );
  return { kind: 'none' };
}

function unused(given: (name: string) => string, names: readonly string[], kind: string): string[] {
  return names
    .filter((name) => given(name) !== '')
    .map((name) => `${name} is given, and LOWTIDE_AUTH is ${kind}, which makes no use of it.`);
}

function entra(tenantId: string, given: (name: string) => string, problems: string[]): AuthSettings {
  const audiences = listOf(given('LOWTIDE_AUTH_AUDIENCE'));
  if (audiences.length === 0)
    problems.push(
      'LOWTIDE_AUTH_AUDIENCE is not given; with LOWTIDE_AUTH=entra it is the application id of this API in Entra, or its api:// address.',
    );
  const issuers = listOf(given('LOWTIDE_AUTH_ISSUER'));
  const jwksUrl = given('LOWTIDE_AUTH_JWKS_URL');
  if ((issuers.length === 0) !== (jwksUrl === ''))
    problems.push(
      'LOWTIDE_AUTH_ISSUER and LOWTIDE_AUTH_JWKS_URL are given together or not at all: keys of another issuer would be believed.',
    );
  if (jwksUrl !== '' && !/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/i.test(jwksUrl))
    problems.push(
      `LOWTIDE_AUTH_JWKS_URL is '${jwksUrl}'; it is an https address (http on this machine only).`,
    );
  const client = given('LOWTIDE_AUTH_CLIENT');
  if (client !== '' && !GUID.test(client))
    problems.push(
      `LOWTIDE_AUTH_CLIENT is '${client}'; it is an application id: 8-4-4-4-12 hexadecimal digits.`,
    );
  const authority = `https://login.microsoftonline.com/${tenantId}`;
  return {
    kind: 'entra',
    tenantId,
    audiences,
    // A registration decides whether its tokens are of version 1 or 2.
    issuers: issuers.length > 0 ? issuers : [`${authority}/v2.0`, `https://sts.windows.net/${tenantId}/`],
    jwksUrl: jwksUrl === '' ? `${authority}/discovery/v2.0/keys` : jwksUrl,
    authority: issuers[0]?.replace(/\/(?:v2\.0\/?)?$/, '') ?? authority,
    // The registration of the API itself may have the dashboard's redirect address.
    clientId: client === '' ? (audiences.find((audience) => GUID.test(audience)) ?? null) : client,
  };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
