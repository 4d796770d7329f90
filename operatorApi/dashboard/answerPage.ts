import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { admit } from '../../composition/admit';
import type { AuthSettings } from '../../composition/authSettings';
import { startedSettings } from '../../composition/compose';
import { etagOf, isKnown } from '../conditional';
import { problemOf } from '../problem';

/** Where `npm run build` has put the dashboard: beside the compiled app. */
const FOLDER = join(__dirname, '..', '..', 'web');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** Nothing is taken from anywhere else, and nothing that stands in the page itself is run. */
const POLICY =
  "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'";

/** Where people sign in with Entra ID the page asks its authority for the token, and nothing else anywhere else. */
function policyOf(auth: AuthSettings): string {
  if (auth.kind !== 'entra' || auth.clientId === null) return POLICY;
  return `${POLICY}; connect-src 'self' ${new URL(auth.authority).origin}`;
}

/** The name of a file in assets/ has its hash in it, so it never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** As `assets/index-B3x9.js`: one folder, plain names. Nothing else can be asked for. */
const ASSET = /^assets\/[\w.-]+$/;

/** Two forms of a file that the build has compressed, the smaller first. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;

/** Through the guard, as everything is: the page needs no role, for it holds no data. What it shows it asks the operator's API for. */
export async function answerDashboard(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  try {
    await admit(request, { name: 'showDashboard', role: null });
    return await answerPage(request);
  } catch (error) {
    return problemOf(error, (message) => {
      context.error(`showDashboard: ${message}`);
    });
  }
}

/** The dashboard itself: its files, and for every other address in it the page, which knows what to show there. */
export async function answerPage(
  request: HttpRequest,
  auth: AuthSettings = startedSettings().auth,
): Promise<HttpResponseInit> {
  const asked = request.params['path'] ?? '';
  const isAsset = asked.startsWith('assets/');
  if (isAsset && !ASSET.test(asked)) return missing(asked);
  const name = isAsset ? asked : 'index.html';
  const found = await readBest(name, request.headers.get('accept-encoding') ?? '');
  if (found === null) return missing(name);
  const etag = etagOf(found.bytes);
  const headers: Record<string, string> = {
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': policyOf(auth),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': isAsset ? FOR_EVER : 'no-cache',
    vary: 'accept-encoding',
    etag,
  };
  if (found.encoding !== null) headers['content-encoding'] = found.encoding;
  if (isKnown(request.headers.get('if-none-match'), etag)) return { status: 304, headers };
  return { headers, body: found.bytes };
}

interface Found {
  readonly bytes: Uint8Array;
  readonly encoding: string | null;
}

async function readBest(name: string, accepted: string): Promise<Found | null> {
  for (const { name: encoding, ending } of ENCODINGS) {
    if (!new RegExp(`\\b${encoding}\\b`).test(accepted)) continue;
    const bytes = await read(`${name}${ending}`);
    if (bytes !== null) return { bytes, encoding };
  }
  const bytes = await read(name);
  return bytes === null ? null : { bytes, encoding: null };
}

async function read(name: string): Promise<Uint8Array | null> {
  try {
    return await readFile(join(FOLDER, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function missing(name: string): HttpResponseInit {
  const body =
    name === 'index.html'
      ? 'The dashboard has not been built. `npm run build` builds it; then reload this page.'
      : `There is no ${JSON.stringify(name)} here. The page is of another version: reload it.`;
  return {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body,
  };
}
