import type { Exchange } from './http';

const HERE = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/** Does no page of another site ask? A browser names the page's site as origin, and a name that was bound to this machine as host. */
export function isFromHere({ headers, url }: Pick<Exchange, 'headers' | 'url'>): boolean {
  const host = headers['host'] ?? url.host;
  const origin = headers['origin'];
  return HERE.test(host) && (origin === undefined || origin.replace(/^https?:\/\//i, '') === host);
}
