import type { HttpRequest } from '@azure/functions';

/** A route of one of the two APIs, as far as the question concerns it whether a request may have it. */
export interface AdmittedRoute {
  readonly api: 'operator' | 'arm';
  readonly name: string;
}

/** On whose behalf a request acts: the name that goes into the audit. */
export interface Caller {
  readonly name: string;
}

/**
 * Every HTTP request passes here, and only here, after it has found its route and before anything else is done for it: before its body
 * is read, before its handler runs.
 */
export function admit(request: HttpRequest, _route: AdmittedRoute): Promise<Caller> {
  return Promise.resolve({ name: request.headers.get('x-ms-client-principal-name') ?? 'operator' });
}
