import type { HttpMethod } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { ApiFamily } from '../../domain/apiVersion';
import type { WakingServices } from '../../activities/services';
import type { Role } from '../../composition/caller';
import type { SimulatedServices } from '../../composition/compose';
import type { QuotaKind } from './quotas';

/** A request to the ARM-compatible API, as handlers see it. What cannot be understood never reaches them. */
export interface ArmRequest {
  readonly method: string;
  /** As the client wrote it; compare without regard to case. Empty on routes without one. */
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** The route's other parameters, as written: `request.name('vm')`. */
  readonly name: (parameter: string) => string;
  /** Lower-cased. */
  readonly apiVersion: string;
  /** A query parameter by its name, without regard to case; null when it is not there. */
  readonly query: (name: string) => string | null;
  /** A header, by its name in lower case; null when it is not there. */
  readonly header: (name: string) => string | null;
  /** Who asks, for the audit: from the token alone. */
  readonly by: string;
  /** The parsed JSON; null for an empty body. */
  readonly body: unknown;
  /** Scheme and host that the client used: every link in an answer begins with it. */
  readonly baseUrl: string;
  /** Path of the request without query, as written. */
  readonly path: string;
}

export interface ArmAnswer {
  readonly status: number;
  /** Absent for an empty body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What handlers work on. */
export interface ArmContext {
  readonly services: SimulatedServices & WakingServices;
  readonly client: DurableClient;
}

export type ArmHandler = (request: ArmRequest, context: ArmContext) => Promise<ArmAnswer> | ArmAnswer;

export interface ArmRoute {
  /** Of the function: camelCase, begins with `arm`. */
  readonly name: string;
  /** As `subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/…/{vm}`. */
  readonly route: string;
  readonly methods: readonly HttpMethod[];
  /** Whose rules for `api-version` hold; null where none is asked for. */
  readonly family: ApiFamily | null;
  /** What a caller must be. */
  readonly role: Role;
  readonly handler: ArmHandler;
  /** Whose quotas the request counts against; absent where Compute reports none. */
  readonly quota?: QuotaKind;
}
