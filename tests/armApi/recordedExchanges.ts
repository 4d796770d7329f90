import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reply } from './api';

/** Recordings of Azure Resource Manager that others published. They stay out of this repository. */
export const FOLDER = join(__dirname, '../../../shared/reference/azure-recordings');

export const areAtHand = existsSync(FOLDER);

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: unknown;
}

export function recorded(file: string): readonly Exchange[] {
  return JSON.parse(readFileSync(join(FOLDER, `${file}.json`), 'utf8')) as Exchange[];
}

export function exchange(file: string, index: number): Exchange {
  const found = recorded(file).at(index);
  if (found === undefined) throw new Error(`${file} has no exchange ${index}.`);
  return found;
}

/** How an answer of ours differs from a recorded one. */
export interface Difference {
  /** As `header:etag`, `body:properties.vmId`, `order:properties`. */
  readonly at: string;
  readonly what: string;
}

export type KnownDifference = readonly [at: RegExp, what: RegExp, why: string];

/** Two differences that are known in more than one test. */
export const OLD_QUOTAS: KnownDifference = [
  /^header:x-ms-rate/,
  /3Min/,
  'recordings before 2023 name quotas by their window; ours are those of 2024',
];
export const OWN_EXTENSIONS: KnownDifference = [
  /extensions?|^body:(value\[\]\.)?resources/i,
  /./,
  'there an extension was put by hand; here is none but the patch extension (R-703)',
];

/** Compares answers with recorded ones, but for what is known to differ, and says which of that nothing needed. */
export function comparison(known: readonly KnownDifference[]): {
  readonly differing: (file: string, index: number, ours: Reply) => readonly Difference[];
  readonly unneeded: () => readonly string[];
} {
  const needed = new Set<string>();
  return {
    differing: (file, index, ours) =>
      differencesOf(exchange(file, index), ours).filter(({ at, what }) => {
        const reason = known.find(([where, how]) => where.test(at) && how.test(what));
        if (reason !== undefined) needed.add(reason[2]);
        return reason === undefined;
      }),
    unneeded: () => known.map(([, , why]) => why).filter((why) => !needed.has(why)),
  };
}

/** Headers that every recorder of these recordings kept, but Retry-After, which only some did. */
const HEADERS = ['azure-asyncoperation', 'location', 'content-type', 'etag', 'x-ms-failure-cause'];
const QUOTA = 'x-ms-ratelimit-remaining-resource';

/** Everything that a client could tell the two answers apart by, values aside. */
function differencesOf(azure: Exchange, ours: Reply): readonly Difference[] {
  const found: Difference[] = [];
  const differ = (at: string, theirs: unknown, own: unknown): void => {
    if (theirs !== own) found.push({ at, what: `Azure ${String(theirs)}, ours ${String(own)}` });
  };
  differ('status', azure.status, ours.status);
  for (const name of HEADERS) differ(`header:${name}`, name in azure.responseHeaders, name in ours.headers);
  differ(`header:${QUOTA}`, quotaNames(azure.responseHeaders[QUOTA]), quotaNames(ours.headers[QUOTA]));
  const [theirs, own] = [shapesOf(azure.responseBody), shapesOf(ours.body)];
  for (const path of new Set([...theirs.keys(), ...own.keys()]))
    differ(`body:${path}`, theirs.get(path) ?? 'without', own.get(path) ?? 'without');
  compareOrder('', azure.responseBody, ours.body, found);
  return found;
}

function quotaNames(header: string | undefined): string {
  return (header ?? 'without').replaceAll(/;\d+/g, '');
}

/** Path and kind of every value; times are a kind of their own. Elements of a list count as one. */
function shapesOf(
  value: unknown,
  path = '',
  shapes = new Map<string, string>(),
): ReadonlyMap<string, string> {
  if (Array.isArray(value)) {
    shapes.set(path, 'list');
    for (const item of value) shapesOf(item, `${path}[]`, shapes);
  } else if (typeof value === 'object' && value !== null) {
    // What an owner names himself is not a shape.
    if (path.endsWith('tags')) return shapes.set(path, 'object');
    shapes.set(path, 'object');
    for (const [member, inner] of Object.entries(value))
      shapesOf(inner, path === '' ? member : `${path}.${member}`, shapes);
  } else shapes.set(path, isTime(value) ? timeForm(String(value)) : value === null ? 'null' : typeof value);
  return shapes;
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);
}

/** Offset instead of Z, at most seven digits, no zeros at their end. .NET recorders print their own offset. */
function timeForm(time: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?[+-]\d\d:\d\d$/.test(time)
    ? 'time'
    : `not a time: ${time}`;
}

/** Members that both have stand in the same order; statuses, too. */
function compareOrder(path: string, theirs: unknown, own: unknown, found: Difference[]): void {
  if (Array.isArray(theirs) && Array.isArray(own)) {
    if (path.endsWith('statuses')) {
      const kinds = (list: readonly unknown[]): string =>
        list.map((status) => String((status as { code?: string }).code).split('/')[0]).join();
      if (kinds(theirs) !== kinds(own))
        found.push({ at: `order:${path}`, what: `${kinds(theirs)}, ours ${kinds(own)}` });
    }
    compareOrder(`${path}[]`, theirs[0], own[0], found);
    return;
  }
  if (!isRecord(theirs) || !isRecord(own)) return;
  const common = (a: object, b: object): string[] => Object.keys(a).filter((member) => member in b);
  if (!path.endsWith('tags')) {
    const [a, b] = [common(theirs, own).join(), common(own, theirs).join()];
    if (a !== b) found.push({ at: `order:${path}`, what: `Azure ${a}, ours ${b}` });
  }
  for (const member of common(theirs, own))
    compareOrder(path === '' ? member : `${path}.${member}`, theirs[member], own[member], found);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
