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

/**
 * What a GET answers, with its tag; 304 without a body when the client has it already. A page that polls costs a few bytes as long as nothing
 * has changed.
 */
export function conditional(
  answer: HttpResponseInit,
  ifNoneMatch: string | null,
  nowUtc: string,
): HttpResponseInit {
  if ((answer.status ?? 200) !== 200) return answer;
  const { text, tagged } = textsOf(answer);
  if (typeof text !== 'string') return answer;
  const etag = etagOf(tagged);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...(answer.headers as Readonly<Record<string, string>> | undefined),
    'cache-control': 'private, no-cache',
    etag,
    [NOW_HEADER]: nowUtc,
  };
  return isKnown(ifNoneMatch, etag) ? { status: 304, headers } : { status: 200, headers, body: text };
}

/**
 * What is answered, and what its tag is of: when it was read is no part of the tag. What is otherwise the same is the same answer. Written as text
 * once, however long it is.
 */
function textsOf({ jsonBody, body }: HttpResponseInit): { readonly text: unknown; readonly tagged: string } {
  if (jsonBody === undefined) return { text: body, tagged: typeof body === 'string' ? body : '' };
  if (typeof jsonBody !== 'object' || jsonBody === null || !('asOfUtc' in jsonBody)) {
    const text = JSON.stringify(jsonBody);
    return { text, tagged: text };
  }
  const { asOfUtc, ...rest } = jsonBody as { readonly asOfUtc: unknown };
  const tagged = JSON.stringify(rest);
  const isEmpty = tagged === '{}';
  return { text: `{"asOfUtc":${JSON.stringify(asOfUtc)}${isEmpty ? '' : ','}${tagged.slice(1)}`, tagged };
}
