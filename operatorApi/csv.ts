import type { HttpResponseInit } from '@azure/functions';

/** A table as RFC 4180 has it: a line of names, then a line a row. Cells that a spreadsheet would compute are kept as text. */
export function csvOf(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): string {
  return `${columns.join(',')}\r\n${csvLines(columns, rows)}`;
}

/** The same without the line of names. */
export function csvLines(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): string {
  return rows.map((row) => `${columns.map((name) => cellOf(row[name])).join(',')}\r\n`).join('');
}

/** The next page of a table is in the Link header (RFC 8288). */
export function csvAnswer(csv: string, nextLink: string | null): HttpResponseInit {
  const headers: Record<string, string> = { 'content-type': 'text/csv; charset=utf-8' };
  if (nextLink !== null) headers['link'] = `<${nextLink}>; rel="next"`;
  return { headers, body: csv };
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
