import { LowtideError, type LowtideErrorCode } from '../domain/lowtideError';

/**
 * What a caller may do. An operator and an approver may read, too; neither may do what the other may: an approval is of use because
 * another person gives it.
 */
export type Role = 'reader' | 'operator' | 'approver';

const ROLES: readonly Role[] = ['reader', 'operator', 'approver'];

/** On whose behalf a request acts. */
export interface Caller {
  /** The name that goes into the audit. */
  readonly name: string;
  /** Never changes for one person or application, and differs between two. */
  readonly id: string;
  readonly roles: readonly Role[];
}

/** The words of a token's `roles` claim that mean something here; any other is of another application. */
export function rolesOf(claim: readonly unknown[]): readonly Role[] {
  return ROLES.filter((role) => claim.includes(role));
}

export function mayDo({ roles }: Caller, needed: Role): boolean {
  return needed === 'reader' ? roles.length > 0 : roles.includes(needed);
}

/**
 * Whether a name that was written down is of this caller. The object id in brackets behind it decides: the tokens of two clients may call one person
 * by its sign-in name, its address or its display name, and names change.
 */
export function isOfCaller(written: string, { name, id }: Pick<Caller, 'name' | 'id'>): boolean {
  return written === name || written.endsWith(` (${id.slice(id.lastIndexOf('/') + 1)})`);
}

/** Why a request was not admitted, for APIs that have their own words for it. */
export type Refusal =
  | 'noToken'
  | 'invalidToken'
  | 'expiredToken'
  | 'wrongAudience'
  | 'wrongTenant'
  | 'missingRole'
  | 'notOnLoopback'
  | 'otherSite'
  | 'keysUnavailable';

const CODE: Readonly<Record<Refusal, LowtideErrorCode>> = {
  noToken: 'UNAUTHENTICATED',
  invalidToken: 'UNAUTHENTICATED',
  expiredToken: 'UNAUTHENTICATED',
  wrongAudience: 'UNAUTHENTICATED',
  wrongTenant: 'UNAUTHENTICATED',
  missingRole: 'FORBIDDEN',
  notOnLoopback: 'FORBIDDEN',
  otherSite: 'FORBIDDEN',
  keysUnavailable: 'IDENTITY_UNAVAILABLE',
};

export class NotAdmitted extends LowtideError {
  constructor(
    readonly refusal: Refusal,
    detail: LowtideError['detail'],
    options?: ErrorOptions,
  ) {
    super(CODE[refusal], detail, options);
  }
}
