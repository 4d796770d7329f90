import type { Exchange } from './http';

const HERE = /^(?:127(?:\.\d{1,3}){3}|(?:[^:/]+\.)?localhost|\[?::1\]?)(?::\d+)?$/i;

/**
 * Does no page of another site ask, and no proxy for another machine? A browser names the page's site as origin, and a name that was bound to this machine as
 * host; a proxy names whom it asks for.
 */
export function isFromHere({ headers, url }: Pick<Exchange, 'headers' | 'url'>): boolean {
  const host = headers['host'] ?? url.host;
  const origin = headers['origin'];
  const forwarded = [headers['x-forwarded-for'], headers['x-forwarded-host']]
    .flatMap((names) => names?.split(',') ?? [])
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const isSameSite = origin === undefined || origin.replace(/^https?:\/\//i, '') === host;
  return isSameSite && [host, ...forwarded].every((name) => HERE.test(name));
}
