import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { NotAdmitted, rolesOf, type Caller } from './caller';

/** What App Service authentication has found out, in the header it writes itself and takes from no client. */
const Principal = z.object({
  auth_typ: z.string(),
  role_typ: z.string().nullish(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
});

const ENTRA = 'aad';
/** The long names are those of version 1 of the header. */
const TENANT = ['tid', 'http://schemas.microsoft.com/identity/claims/tenantid'];
const OBJECT = ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'];
const PERSON = [
  'preferred_username',
  'upn',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn',
  'name',
];
const APPLICATION = ['azp', 'appid'];
const ROLES = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];

/** The caller of a request that has passed App Service authentication; throws NotAdmitted. */
export function callerOfPrincipal(request: HttpRequest, tenantId: string): Caller {
  const header = request.headers.get('x-ms-client-principal');
  if (header === null)
    throw new NotAdmitted('noToken', {
      what: 'The request is not signed in.',
      why: 'App Service authentication accepted it without an identity.',
      fix: 'Sign in at /.auth/login/aad, or send a bearer token.',
    });
  const { auth_typ, role_typ, claims } = parse(header);
  const valueOf = (names: readonly string[]): string =>
    claims.find(({ typ }) => names.includes(typ))?.val ?? '';
  const [tenant, id] = [valueOf(TENANT), valueOf(OBJECT)];
  if (auth_typ !== ENTRA || id === '')
    throw refused('invalidToken', `It was signed in by '${auth_typ}', without an object id of Entra ID.`);
  if (tenant !== tenantId) throw refused('wrongTenant', `It was signed in by tenant '${tenant}'.`);
  const ofRoles = [...ROLES, role_typ ?? 'roles'];
  const person = valueOf(PERSON);
  return {
    name: person === '' ? `application ${valueOf(APPLICATION)} (${id})` : `${person} (${id})`,
    id: `${tenantId}/${id}`,
    roles: rolesOf(claims.filter(({ typ }) => ofRoles.includes(typ)).map(({ val }) => val)),
  };
}

function parse(header: string): z.infer<typeof Principal> {
  try {
    return Principal.parse(JSON.parse(Buffer.from(header, 'base64').toString('utf8')));
  } catch (cause) {
    throw refused('invalidToken', 'Its x-ms-client-principal header cannot be read.', cause);
  }
}

function refused(refusal: 'invalidToken' | 'wrongTenant', what: string, cause?: unknown): NotAdmitted {
  return new NotAdmitted(
    refusal,
    {
      what: `The request is not signed in here. ${what}`,
      why: 'Only accounts of the tenant in LOWTIDE_AUTH_TENANT are accepted, signed in by Entra ID.',
      fix: 'Sign in with an account of that tenant: /.auth/login/aad.',
    },
    { cause },
  );
}
