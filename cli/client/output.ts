import { styleText } from 'node:util';
import Table from 'cli-table3';
import { stringify } from 'yaml';
import { csvLines, csvOf } from '../../operatorApi/csv';
import { say } from '../../local/say';
import { resourceName } from '../../domain/ids';

/** How an answer is written: for people, or for programs. */
export interface OutputOptions {
  readonly json?: boolean | undefined;
  readonly csv?: boolean | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

const isColoured = (): boolean =>
  process.stdout.isTTY &&
  (process.env['NO_COLOR'] ?? '') === '' &&
  process.env['FORCE_COLOR'] !== '0' &&
  process.env['TERM'] !== 'dumb';

const COLOURS: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  patched: 'green',
  upToDate: 'green',
  done: 'green',
  onTime: 'green',
  deferred: 'yellow',
  held: 'yellow',
  atRisk: 'yellow',
  halted: 'red',
  failed: 'red',
  unhealthy: 'red',
  late: 'red',
};

/** A word in the colour of what it means, on a terminal that shows colours. */
export function coloured(word: string): string {
  const colour = COLOURS[word];
  return colour !== undefined && isColoured() ? styleText(colour, word, { validateStream: false }) : word;
}

/** Rows as a table, as JSON (an array), or as CSV. */
export function writeRows(
  columns: readonly string[],
  rows: readonly Row[],
  { json, csv }: OutputOptions,
): void {
  if (json) {
    say.line(JSON.stringify(rows, null, 2));
    return;
  }
  if (csv) {
    say.text(csvOf(columns, rows));
    return;
  }
  if (rows.length === 0) {
    say.line('none');
    return;
  }
  const plain = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
  const lines = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' };
  const table = new Table({
    head: columns.map(headingOf),
    chars: { ...plain, ...lines, right: '', 'right-mid': '', middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: isColoured() ? ['bold'] : [], border: [] },
  });
  for (const row of rows) table.push(columns.map((name) => coloured(cellOf(row[name]))));
  say.line(
    table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .join('\n'),
  );
}

/** Rows as they come, so that a report of any length takes no room: CSV and JSON at once, for people at most `limit` of them. */
export async function writeStream(
  columns: readonly string[],
  rows: AsyncIterable<Row>,
  { json, csv, limit }: OutputOptions & { readonly limit: number },
): Promise<void> {
  if (!json && !csv) {
    const shown: Row[] = [];
    for await (const row of rows) {
      if (shown.length >= limit) {
        writeRows(columns, shown, {});
        say.error(`The first ${limit} rows; --limit shows more, --csv all.`);
        return;
      }
      shown.push(row);
    }
    writeRows(columns, shown, {});
    return;
  }
  let count = 0;
  if (csv) say.text(csvOf(columns, []));
  for await (const row of rows) {
    if (csv) say.text(csvLines(columns, [row]));
    else say.text(`${count === 0 ? '[' : ','}\n${JSON.stringify(row)}`);
    count += 1;
  }
  if (json) say.line(count === 0 ? '[]' : '\n]');
}

/** `expectedStartUtc` is «expected start». */
function headingOf(name: string): string {
  return name
    .replace(/Utc$/, '')
    .replace(/Id$/, '')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Ids by their last part, instants to the minute. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ');
  if (typeof value === 'object') return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.startsWith('/subscriptions/') ? resourceName(text) : readable(text);
}

/** Sentences of the API have instants and ids as programs read them. */
export const readable = (text: string): string =>
  text
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, instantText)
    .replace(/\/subscriptions\/[\w-]+\/resourcegroups\/[^\s/]+\/providers\/[\w./-]*\/([\w.-]*\w)/gi, '$1');

export const instantText = (utc: string): string => `${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC`;

export function writeJson(value: unknown): void {
  say.line(JSON.stringify(value, null, 2));
}
