import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { ZodError } from 'zod';
import { LowtideError, type LowtideErrorCode } from '../domain/lowtideError';

const STATUS: Readonly<Record<LowtideErrorCode, number>> = {
  FLEET_MALFORMED: 400,
  SCENARIO_MALFORMED: 400,
  SETTING_INVALID: 500,
  ARGUMENT_INVALID: 400,
  REQUEST_INVALID: 400,
  NOT_FOUND: 404,
  ROLLOUT_EXISTS: 409,
  ROLLOUT_ENDED: 409,
  NOTHING_TO_DECIDE: 409,
  DRIVER_CANNOT: 409,
  OUTPUT_FAILED: 500,
  STATE_IN_USE: 409,
  STORAGE_UNAVAILABLE: 503,
};

/** RFC 9457: what went wrong, why, and how to fix it. */
function problem(status: number, code: string, title: string, detail: string): HttpResponseInit {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({
      type: `https://lowtide.dev/errors#${code.toLowerCase()}`,
      title,
      status,
      code,
      detail,
    }),
  };
}

/** Answers a request; what was expected to go wrong becomes a problem document, the rest the host's 500. */
export async function answer(respond: () => Promise<HttpResponseInit>): Promise<HttpResponseInit> {
  try {
    return await respond();
  } catch (error) {
    if (error instanceof LowtideError) {
      const { what, why, fix } = error.detail;
      return problem(STATUS[error.code], error.code, what, `${why} ${fix}`);
    }
    if (error instanceof ZodError) {
      const issues = error.issues
        .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
        .join('; ');
      return problem(400, 'REQUEST_INVALID', 'The request is not understood.', issues);
    }
    throw error;
  }
}

/** The body as JSON; an empty one is an empty object. */
export async function jsonBody(request: HttpRequest): Promise<unknown> {
  const text = await request.text();
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new LowtideError(
      'REQUEST_INVALID',
      {
        what: 'The body is not JSON.',
        why: cause instanceof Error ? cause.message : String(cause),
        fix: 'Send JSON, or no body.',
      },
      { cause },
    );
  }
}

/** Who asks, for the audit: the principal that App Service authentication names, else nobody in particular. */
export function whoAsks(request: HttpRequest): string {
  return request.headers.get('x-ms-client-principal-name') ?? 'operator';
}
