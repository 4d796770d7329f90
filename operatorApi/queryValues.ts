import { z } from 'zod';
import { GIVEN_TEXT_MAX } from '../domain/givenText';
import { isCalendarDay, utcOf } from '../domain/instants';
import { LowtideError } from '../domain/lowtideError';
import type { OperatorRequest } from './route';
import type { Parameter } from './routeDescription';

/** An instant in the query; null when it is not there. A day alone is its beginning in UTC. */
export function instantIn({ query }: OperatorRequest, name: string): string | null {
  const text = query(name);
  if (text === null) return null;
  const milliseconds = Date.parse(text);
  const isWritten = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text);
  if (isWritten && isCalendarDay(text) && Number.isFinite(milliseconds)) return utcOf(milliseconds);
  if (isWritten) throw wrongQuery(name, text, 'a day or an instant, and there is none of this name');
  throw wrongQuery(name, text, 'a day or an instant in UTC, as 2026-11-10 or 2026-11-10T18:00:00Z');
}

/** A count in the query, or the one that is taken without it. */
export function countIn(
  { query }: OperatorRequest,
  name: string,
  { otherwise, min, max }: { readonly otherwise: number; readonly min: number; readonly max: number },
): number {
  const text = query(name);
  if (text === null) return otherwise;
  const number = Number(text);
  if (/^\d{1,15}$/.test(text) && number >= min && number <= max) return number;
  throw wrongQuery(name, text, `a whole number from ${min} to ${max}`);
}

/** Why a person decides so; null when it is not said. */
export function reasonIn({ query }: OperatorRequest): string | null {
  const [most, message] = GIVEN_TEXT_MAX;
  const reason = query('reason')?.trim() ?? '';
  if (reason.length <= most) return reason === '' ? null : reason;
  throw new LowtideError('REQUEST_INVALID', {
    what: 'The query parameter reason is too long.',
    why: `It has ${reason.length} characters; ${message}.`,
    fix: 'Say it in fewer words, and where the rest is.',
  });
}

export function wrongQuery(name: string, text: string, what: string): LowtideError {
  return new LowtideError('REQUEST_INVALID', {
    what: `The query parameter ${name} is '${text}'.`,
    why: `It is ${what}.`,
    fix: 'Correct it, follow the nextLink of the page before, or leave it out.',
  });
}

/** The number of a row in its chain of the audit. */
export const SEQ = /^\d{1,15}$/;

export const PAGE_MAX = 500;
export const PAGE_SIZE = 100;

/** Rows of a page, where a row says much: a page of them is quick to read and to send. */
export const LIMIT: Parameter = {
  about: `Rows a page, at most ${PAGE_MAX}; ${PAGE_SIZE} without it, of a CSV file ${PAGE_MAX}.`,
  schema: z.coerce.number().int(),
};

export function limitIn(
  request: OperatorRequest,
  otherwise = request.query('format') === 'csv' ? PAGE_MAX : PAGE_SIZE,
): number {
  return countIn(request, 'limit', { otherwise, min: 1, max: PAGE_MAX });
}

export const FROM_THE_FIRST = { otherwise: 0, min: 0, max: Number.MAX_SAFE_INTEGER } as const;

/** The same request for the rows that follow. */
export function nextLinkOf(
  path: string,
  request: OperatorRequest,
  known: Readonly<Record<string, unknown>>,
  after: number | string,
): string {
  const asked = Object.keys(known)
    .map((name) => [name, name === 'after' ? String(after) : request.query(name)] as const)
    .filter((pair): pair is [string, string] => pair[1] !== null);
  return `${path}?${new URLSearchParams(asked).toString()}`;
}
