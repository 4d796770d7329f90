import { keepToken, type Problem } from '../send';

/** The authorization code flow with PKCE (RFC 7636), as Entra ID has it for single-page applications. */
export interface CodeFlow {
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly scope: string;
}

interface Begun extends CodeFlow {
  readonly state: string;
  readonly verifier: string;
  /** Where in the dashboard the person was. */
  readonly from: string;
}

const BEGUN = 'lowtide.signIn';

/** Leaves the page for the sign-in; the issuer leads back to /dashboard. For another account it asks which, and takes no account by itself. */
export async function beginSignIn(flow: CodeFlow, forAnother: boolean): Promise<void> {
  const [verifier, state] = [random(), random()];
  const { pathname, search } = window.location;
  const begun: Begun = { ...flow, state, verifier, from: pathname + search };
  sessionStorage.setItem(BEGUN, JSON.stringify(begun));
  const query = new URLSearchParams({
    client_id: flow.clientId,
    response_type: 'code',
    response_mode: 'query',
    redirect_uri: redirectUri(),
    scope: flow.scope,
    state,
    code_challenge: base64Url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
    code_challenge_method: 'S256',
  });
  if (forAnother) query.set('prompt', 'select_account');
  window.location.assign(`${flow.authorizeUrl}?${query.toString()}`);
}

/** When the issuer has led back here: exchanges its code for a token, which this tab keeps. Null when there is nothing to do, or it is done. */
export async function endSignIn(): Promise<Problem | null> {
  const answer = new URLSearchParams(window.location.search);
  const [code, state, error] = ['code', 'state', 'error'].map((name) => answer.get(name));
  const begun = takeBegun();
  if (state === null || state === undefined || (code === null && error === null)) return null;
  window.history.replaceState(null, '', begun?.from ?? '/dashboard');
  if (state !== begun?.state)
    return failed('This is not the sign-in that was begun in this tab. Begin it again.');
  if (code === null || code === undefined) return failed(answer.get('error_description') ?? String(error));
  return exchange(begun, code);
}

async function exchange(
  { tokenUrl, clientId, scope, verifier }: Begun,
  code: string,
): Promise<Problem | null> {
  const body = new URLSearchParams({
    client_id: clientId,
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(),
    scope,
    code_verifier: verifier,
  });
  try {
    const reply = await fetch(tokenUrl, { method: 'POST', body });
    const got = (await reply.json()) as { access_token?: unknown; error_description?: unknown };
    if (typeof got.access_token !== 'string')
      return failed(
        typeof got.error_description === 'string' ? got.error_description : `It answered ${reply.status}.`,
      );
    keepToken(got.access_token);
    return null;
  } catch {
    return failed(
      'The issuer did not give the token. Its registration must have this address as one of a single-page application.',
    );
  }
}

/** Once: a code that is seen again is of another person's link. */
function takeBegun(): Begun | null {
  try {
    const kept = sessionStorage.getItem(BEGUN);
    sessionStorage.removeItem(BEGUN);
    return kept === null ? null : (JSON.parse(kept) as Begun);
  } catch {
    return null;
  }
}

const failed = (detail: string): Problem => ({ title: 'You are not signed in.', detail, status: 401 });

const redirectUri = (): string => `${window.location.origin}/dashboard`;

const random = (): string => base64Url(crypto.getRandomValues(new Uint8Array(32)).buffer);

function base64Url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
