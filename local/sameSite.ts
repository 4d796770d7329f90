import { json, type Answer, type Exchange } from '../emulator/http';
import { isFromHere } from '../emulator/sameSite';

/** What starts and stops processes of this machine obeys pages that this machine serves, and no others. */
export function refusalOf(exchange: Exchange): Answer | null {
  const { headers, method } = exchange;
  const isPlain =
    method === 'GET' || method === 'DELETE' || (headers['content-type'] ?? 'json').includes('json');
  if (isFromHere(exchange) && isPlain) return null;
  return json(403, {
    title: 'The request comes from another site.',
    detail: 'Rehearsals are started and stopped from the dashboard of this host.',
    status: 403,
  });
}
