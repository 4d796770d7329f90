/** Every code Lowtide reports to a person. Documented one by one in docs/errors.md. */
export type LowtideErrorCode =
  | 'FLEET_MALFORMED'
  | 'SCENARIO_MALFORMED'
  | 'SETTING_INVALID'
  | 'ARGUMENT_INVALID'
  | 'REQUEST_INVALID'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'IDENTITY_UNAVAILABLE'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'ROLLOUT_EXISTS'
  | 'ROLLOUT_ENDED'
  | 'NOTHING_TO_DECIDE'
  | 'NOT_OWNER'
  | 'CHANGED_SINCE'
  | 'DRIVER_CANNOT'
  | 'STATE_IN_USE'
  | 'OUTPUT_FAILED'
  | 'STORAGE_UNAVAILABLE'
  | 'INTERNAL_ERROR';

/** An error made for the person who reads it: what happened, why, and how to fix it. */
export class LowtideError extends Error {
  override readonly name = 'LowtideError';
  constructor(
    readonly code: LowtideErrorCode,
    readonly detail: { readonly what: string; readonly why: string; readonly fix: string },
    options?: ErrorOptions,
  ) {
    super(`${detail.what} ${detail.why} ${detail.fix}`, options);
  }
}
