import type { HttpRequest } from '@azure/functions';
import { assertNever } from '../domain/assertNever';
import { callerOfPrincipal } from './appServicePrincipal';
import type { AuthSettings } from './authSettings';
import { mayDo, NotAdmitted, type Caller, type Role } from './caller';
import { startedSettings } from './compose';
import { callerOfToken } from './entraToken';
import { callerOnLoopback, refuseOtherSites } from './loopback';

/** A route of one of the APIs, as far as the question concerns it whether a request may have it. */
export interface AdmittedRoute {
  readonly name: string;
  /** What a caller must be. Null for a route that reveals nothing of the fleet: it needs no sign-in. */
  readonly role: Role | null;
}

/**
 * Every HTTP request passes here, and only here, after it has found its route and before anything else is done for it: before its body
 * is read, before its handler runs. Throws NotAdmitted.
 */
export function admit(request: HttpRequest, route: AdmittedRoute): Promise<Caller> {
  return admitBy(startedSettings().auth, request, route);
}

export async function admitBy(
  auth: AuthSettings,
  request: HttpRequest,
  { name, role }: AdmittedRoute,
): Promise<Caller> {
  if (role === null && auth.kind !== 'none') return ANONYMOUS;
  const caller = await callerOf(auth, request);
  if (role !== null && !mayDo(caller, role))
    throw new NotAdmitted('missingRole', {
      what: `${caller.name} may not have ${name}.`,
      why: `It needs the role ${role}; the token has ${caller.roles.length === 0 ? 'none of Lowtide' : caller.roles.join(', ')}.`,
      fix: `Assign the app role ${role} of Lowtide's registration in Entra ID to it, and get a new token.`,
    });
  return caller;
}

/** On a route that needs no sign-in a token would be read for nothing. */
const ANONYMOUS: Caller = { name: 'anonymous', id: 'anonymous', roles: [] };

async function callerOf(auth: AuthSettings, request: HttpRequest): Promise<Caller> {
  switch (auth.kind) {
    case 'none':
      return callerOnLoopback(request);
    case 'entra':
      return callerOfToken(request.headers.get('authorization'), auth);
    case 'appService':
      refuseOtherSites(request);
      return callerOfPrincipal(request, auth.tenantId);
    default:
      return assertNever(auth);
  }
}

/** For the `WWW-Authenticate` header of an answer 401: where a client gets a token, and what was wrong with the one it sent. */
export function challengeOf({ refusal, detail }: NotAdmitted): string {
  const { auth } = startedSettings();
  const uri = auth.kind === 'entra' ? (auth.issuers[0] ?? '').replace(/\/v2\.0$/, '') : '';
  const parts = [uri === '' ? 'realm="Lowtide"' : `authorization_uri="${uri}"`];
  if (refusal !== 'noToken')
    parts.push('error="invalid_token"', `error_description="${detail.what.replace(/[^ !#-[\]-~]/g, ' ')}"`);
  return `Bearer ${parts.join(', ')}`;
}
