import type { ArmAnswer, ArmRequest } from './armRoute';

/** As many as fit comfortably in one answer. */
const PAGE_SIZE = 100;

/** What the next page has to be asked for again. */
const REPEATED = ['$expand', '$filter', 'statusOnly', 'useResourceGraph'] as const;

/**
 * One page of a list that is in the order of its keys, and the link to the next. The link holds the last key that was listed, so that what
 * is created or deleted between two pages moves nothing else.
 */
export async function page<T>(
  request: ArmRequest,
  all: readonly T[],
  keyOf: (item: T) => string,
  write: (item: T) => unknown,
): Promise<ArmAnswer> {
  const after = Buffer.from(request.query('$skiptoken') ?? '', 'base64url').toString();
  const rest = after === '' ? all : all.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, PAGE_SIZE);
  const last = items.at(-1);
  const value = await Promise.all(items.map(write));
  if (last === undefined || items.length === rest.length) return { status: 200, body: { value } };
  const repeated = REPEATED.flatMap((name) => {
    const written = request.query(name);
    return written === null ? [] : [`${name}=${encodeURIComponent(written)}`];
  });
  const token = `$skiptoken=${Buffer.from(keyOf(last)).toString('base64url')}`;
  const query = [`api-version=${request.apiVersion}`, ...repeated, token].join('&');
  return { status: 200, body: { value, nextLink: `${request.baseUrl}${request.path}?${query}` } };
}
