import type { Answer, Exchange } from '../emulator/http';

const WHAT = 'This is Lowtide, hosted on this machine.';
const THERE_IS: readonly (readonly [path: string, what: string])[] = [
  ['/dashboard', 'shows all of it in a browser'],
  ['/', 'lists the routes of the operator’s API'],
  ['/api/rollouts', 'lists the rollouts'],
  ['/api/openapi.json', 'describes every route'],
  ['/subscriptions?api-version=2022-12-01', 'begins the API of Azure Resource Manager'],
];

/** What a path answers that nothing serves: what this is and where to look, as a page for a browser and as a problem (RFC 9457) for other clients. */
export function answerUnserved({ method, url, headers }: Exchange): Answer {
  const { pathname } = url;
  const title = `There is nothing at ${pathname}.`;
  if (method === 'GET' && (headers['accept'] ?? '').includes('text/html'))
    return answer('text/html; charset=utf-8', pageOf(title));
  const there = THERE_IS.map(([path, what]) => `${path} ${what}`).join('; ');
  const detail = `${WHAT} No function of it answers ${method} ${pathname}. ${there}.`;
  return answer(
    'application/problem+json; charset=utf-8',
    JSON.stringify({ type: 'about:blank', title, status: 404, detail, code: 'NOT_FOUND' }),
  );
}

function pageOf(title: string): string {
  const links = THERE_IS.map(
    ([path, what]) => `<li><a href="${escaped(path)}">${escaped(path)}</a> ${escaped(what)}</li>`,
  );
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lowtide</title>',
    `<h1>${escaped(title)}</h1><p>${WHAT}</p><ul>${links.join('')}</ul></html>`,
  ].join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (letter) => ESCAPES[letter] ?? letter);

function answer(type: string, body: string): Answer {
  return {
    status: 404,
    headers: { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
    body: Buffer.from(body),
  };
}
