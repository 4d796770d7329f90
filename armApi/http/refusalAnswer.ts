import { challengeOf } from '../../composition/admit';
import type { NotAdmitted, Refusal } from '../../composition/caller';
import type { ArmAnswer } from './armRoute';

/** Status and code that Azure Resource Manager has for each. */
const ANSWERS: Readonly<Record<Refusal, readonly [number, string]>> = {
  noToken: [401, 'AuthenticationFailed'],
  invalidToken: [401, 'InvalidAuthenticationToken'],
  expiredToken: [401, 'ExpiredAuthenticationToken'],
  wrongAudience: [401, 'InvalidAuthenticationTokenAudience'],
  wrongTenant: [401, 'InvalidAuthenticationTokenTenant'],
  missingRole: [403, 'AuthorizationFailed'],
  notOnLoopback: [403, 'AuthorizationFailed'],
  otherSite: [403, 'AuthorizationFailed'],
  keysUnavailable: [503, 'ServiceUnavailable'],
};

/** The keys of an issuer that did not answer are asked for again after so long. */
const RETRY_AFTER_SECONDS = 10;

/** What the guard's refusal is in the form of Azure Resource Manager. */
export function refusalAnswer(error: NotAdmitted): ArmAnswer {
  const [status, code] = ANSWERS[error.refusal];
  const headers: Record<string, string> = { 'x-ms-failure-cause': 'gateway' };
  if (status === 401) headers['www-authenticate'] = challengeOf(error);
  if (status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  return { status, body: { error: { code, message: error.message } }, headers };
}
