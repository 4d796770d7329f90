import type { HttpResponseInit } from '@azure/functions';
import { ZodError } from 'zod';
import { challengeOf } from '../composition/admit';
import { NotAdmitted } from '../composition/caller';
import { LowtideError, type LowtideErrorCode } from '../domain/lowtideError';
import { stackOf } from '../domain/messageOf';

/** The HTTP status that each error code is answered with. */
export const ERROR_STATUS: Readonly<Record<LowtideErrorCode, number>> = {
  FLEET_MALFORMED: 400,
  SCENARIO_MALFORMED: 400,
  SETTING_INVALID: 500,
  ARGUMENT_INVALID: 400,
  REQUEST_INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  IDENTITY_UNAVAILABLE: 503,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  ROLLOUT_EXISTS: 409,
  NOT_OWNER: 409,
  ROLLOUT_ENDED: 409,
  NOTHING_TO_DECIDE: 409,
  CHANGED_SINCE: 412,
  DRIVER_CANNOT: 409,
  OUTPUT_FAILED: 500,
  STATE_IN_USE: 409,
  STORAGE_UNAVAILABLE: 503,
  INTERNAL_ERROR: 500,
};

/** Storage that is throttled or fails over is back within seconds; a client that waits less only adds to its load. */
const RETRY_AFTER_SECONDS = 10;

/** What an error is over HTTP (RFC 9457): what went wrong, why, and how to fix it. What was not expected is reported to the host's log. */
export function problemOf(error: unknown, report: (message: string) => void): HttpResponseInit {
  if (error instanceof LowtideError) {
    if (ERROR_STATUS[error.code] >= 500) report(stackOf(error));
    const { what, why, fix } = error.detail;
    return problem(error.code, { title: what, why, fix }, challengeTo(error));
  }
  if (error instanceof ZodError) {
    const issues = error.issues
      .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
      .join('; ');
    const title = 'The request is not understood.';
    const fix = 'Correct what is named; GET /api/openapi.json describes every request.';
    return problem('REQUEST_INVALID', { title, why: `${issues}.`, fix });
  }
  report(stackOf(error));
  return problem('INTERNAL_ERROR', {
    title: 'The request could not be carried out.',
    why: 'Something unexpected went wrong; the log of the host has it.',
    fix: 'Try again, and report it if it persists.',
  });
}

function challengeTo(error: LowtideError): Record<string, string> {
  const isUnknown = error instanceof NotAdmitted && ERROR_STATUS[error.code] === 401;
  return isUnknown ? { 'www-authenticate': challengeOf(error) } : {};
}

function problem(
  code: LowtideErrorCode,
  { title, why, fix }: { readonly title: string; readonly why: string; readonly fix: string },
  more: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  const status = ERROR_STATUS[code];
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', ...more };
  if (status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  const type = `https://lowtide.dev/errors#${code.toLowerCase()}`;
  const detail = `${why} ${fix}`.trim();
  return { status, headers, body: JSON.stringify({ type, title, status, code, detail, why, fix }) };
}
