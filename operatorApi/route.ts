import type { HttpMethod, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { WakingServices } from '../activities/services';
import type { Caller, Role } from '../composition/caller';
import type { AppServices } from '../composition/compose';
import type { Parameter, RouteDescription } from './routeDescription';

/** A request to the operator's API, as handlers see it. */
export interface OperatorRequest {
  /** A `{parameter}` of the route, as written; empty when it is not there. */
  readonly parameter: (name: string) => string;
  /** A query parameter that the route knows; null when it is not there. */
  readonly query: (name: string) => string | null;
  /** A header; null when it is not there. */
  readonly header: (name: string) => string | null;
  readonly method: string;
  /** Path of the request without query, as written. */
  readonly path: string;
  /** The body as it was sent. */
  readonly bytes: () => Promise<Uint8Array>;
  /** The body as JSON; an empty one is an empty object. */
  readonly json: () => Promise<unknown>;
  /** Who asks, for the audit: from the token alone. */
  readonly by: string;
  readonly caller: Caller;
}

export interface OperatorContext {
  readonly services: AppServices & WakingServices;
  readonly client: DurableClient;
}

export interface OperatorRoute {
  /** Of the function. */
  readonly name: string;
  readonly methods: readonly HttpMethod[];
  /** As `api/rollouts/{id}`. */
  readonly route: string;
  /** The query parameters it knows. Any other is an error: an option that is ignored would be taken for obeyed. */
  readonly query: Readonly<Record<string, Parameter>>;
  /** What it takes and answers; absent where it is no part of the API, such as the answer to an unknown path. */
  readonly description?: RouteDescription;
  /** What a caller must be; null for a route that needs no sign-in, because it reveals nothing of the fleet. */
  readonly role: Role | null;
  readonly handler: (request: OperatorRequest, context: OperatorContext) => Promise<HttpResponseInit>;
}
