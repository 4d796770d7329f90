import type { HttpResponseInit } from '@azure/functions';
import { createHash } from 'node:crypto';

/** The clock of the app when it answered: it may be a virtual one. Not in the body, so that an unchanged body has an unchanged tag. */
export const NOW_HEADER = 'x-lowtide-now';

/** A tag that is the same for the same bytes, on every host. */
export function etagOf(bytes: string | Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
}

/** Whether a client that sends `if-none-match` has these bytes already. */
export function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const known = tag.trim().replace(/^W\//, '');
    return known === etag || known === '*';
  });
}

export interface Condition {
  readonly header: (name: string) => string | null;
}

/** The headers of a request that changes only what is as it knows it; RFC 9110. */
export const IF_MATCH = {
  'if-match':
    'The etag of what is meant: refused when it was changed or removed since. * for any that is there.',
} as const;
export const IF_NONE_MATCH = {
  'if-none-match': '*: refused when there is one of this name already.',
} as const;

/** Whether a request wants to change what has this tag; null where there is nothing. Without a condition it does. */
export function meetsCondition({ header }: Condition, etag: string | null): boolean {
  const [ifMatch, ifNoneMatch] = [header('if-match'), header('if-none-match')];
  if (etag === null) return ifMatch === null;
  return (ifMatch === null || isKnown(ifMatch, etag)) && !isKnown(ifNoneMatch, etag);
}

export interface Asked {
  readonly nowUtc: string;
  /** Its name. */
  readonly route: string;
}

/** An answer as text, but for when it was read, which is no part of its tag: what is otherwise the same is the same answer. */
interface Written {
  readonly tagged: string;
  /** As JSON; null where the answer has no such time. */
  readonly asOf: string | null;
}

interface Answered extends Written {
  readonly text: string;
  readonly etag: string;
}

/** A table of a whole fleet is larger, and asked for once. */
const KEPT_CHARACTERS_MAX = 1_000_000;

/** What each route answered last. */
const ANSWERED_LAST = new Map<string, Answered>();

/** An answer that is the same as the one before is the same text: written out and hashed once, and once in memory for all that are under way. */
function asBefore(route: string, written: Written): Answered {
  const { tagged, asOf } = written;
  const before = ANSWERED_LAST.get(route);
  const isSame = before?.tagged === tagged;
  if (isSame && before.asOf === asOf) return before;
  const answered = { tagged, asOf, text: textOf(written), etag: isSame ? before.etag : etagOf(tagged) };
  if (tagged.length <= KEPT_CHARACTERS_MAX) ANSWERED_LAST.set(route, answered);
  return answered;
}

function textOf({ tagged, asOf }: Written): string {
  if (asOf === null) return tagged;
  return `{"asOfUtc":${asOf}${tagged === '{}' ? '' : ','}${tagged.slice(1)}`;
}

/**
 * What a GET answers, with its tag; 304 without a body when the client has it already. A page that polls costs a few bytes as long as nothing
 * has changed.
 */
export function conditional(
  answer: HttpResponseInit,
  ifNoneMatch: string | null,
  { nowUtc, route }: Asked,
): HttpResponseInit {
  if ((answer.status ?? 200) !== 200) return answer;
  const written = writtenOf(answer);
  if (written === null) return answer;
  const { text, etag } = asBefore(route, written);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...(answer.headers as Readonly<Record<string, string>> | undefined),
    'cache-control': 'private, no-cache',
    etag,
    [NOW_HEADER]: nowUtc,
  };
  return isKnown(ifNoneMatch, etag) ? { status: 304, headers } : { status: 200, headers, body: text };
}

/** Null without a text. */
function writtenOf({ jsonBody, body }: HttpResponseInit): Written | null {
  if (jsonBody === undefined) return typeof body === 'string' ? { tagged: body, asOf: null } : null;
  if (typeof jsonBody !== 'object' || jsonBody === null || !('asOfUtc' in jsonBody))
    return { tagged: JSON.stringify(jsonBody), asOf: null };
  const { asOfUtc, ...rest } = jsonBody as { readonly asOfUtc: unknown };
  return { tagged: JSON.stringify(rest), asOf: JSON.stringify(asOfUtc) };
}
