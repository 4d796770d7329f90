import type { HttpRequest } from '@azure/functions';

const HOST = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Scheme and host as the client used them, behind whatever proxies: clients refuse to send a token to an http link when they were
 * talking https, so the links in answers must have them.
 */
export function baseUrlOf(request: HttpRequest): string {
  const url = new URL(request.url);
  const proto = firstOf(request.headers.get('x-forwarded-proto'))?.toLowerCase();
  const scheme = proto === 'http' || proto === 'https' ? proto : url.protocol.replace(':', '');
  const forwarded = firstOf(request.headers.get('x-forwarded-host'));
  const host = [forwarded, request.headers.get('host')].find((name) => name && HOST.test(name));
  return `${scheme}://${host ?? url.host}`;
}

/** Each proxy appends to the list; the first is the one that the client talked to. */
function firstOf(list: string | null): string | undefined {
  return list?.split(',')[0]?.trim();
}
