import { json, type Answer, type Exchange } from '../emulator/http';

const HERE = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/** What starts and stops processes of this machine obeys pages that this machine serves, and no others. */
export function refusalOf({ headers, method, url }: Exchange): Answer | null {
  const host = headers['host'] ?? url.host;
  const origin = headers['origin'];
  const isFromHere =
    HERE.test(host) && (origin === undefined || origin.replace(/^https?:\/\//i, '') === host);
  const isPlain =
    method === 'GET' || method === 'DELETE' || (headers['content-type'] ?? 'json').includes('json');
  if (isFromHere && isPlain) return null;
  return json(403, {
    title: 'The request comes from another site.',
    detail: 'Rehearsals are started and stopped from the dashboard of this host.',
    status: 403,
  });
}
