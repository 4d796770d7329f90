import type { HttpResponseInit } from '@azure/functions';
import { csvAnswer, csvOf } from '../csv';
import { nextLinkOf } from '../queryValues';
import type { OperatorRequest } from '../route';
import type { Parameter } from '../routeDescription';

type Row = Readonly<Record<string, unknown>>;

/** A page as JSON or as a table, with the way to the next one. */
export function complianceAnswer(
  request: OperatorRequest,
  query: Readonly<Record<string, Parameter>>,
  columns: readonly string[],
  { value, next }: { readonly value: readonly Row[]; readonly next: string | null },
): HttpResponseInit {
  const nextLink = next === null ? null : nextLinkOf(request.path, request, query, next);
  if (request.query('format') === 'csv') return csvAnswer(csvOf(columns, value), nextLink);
  return { jsonBody: { value, ...(nextLink !== null && { nextLink }) } };
}
