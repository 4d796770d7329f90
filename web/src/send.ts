/** What went wrong, why, and how to fix it, as the API says it (RFC 9457). */
export interface Problem {
  readonly title: string;
  readonly detail: string;
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number;
}

/** Of what was thrown in the browser itself. */
export function thrownProblem(title: string, error: unknown): Problem {
  return { title, detail: error instanceof Error ? error.message : String(error), status: 0 };
}

const TOKEN = 'lowtide.token';

/** The bearer token that a person gave for this tab; a host that asks for none gets none. */
export function tokenHeader(): Record<string, string> {
  try {
    const token = sessionStorage.getItem(TOKEN);
    return token === null ? {} : { authorization: `Bearer ${token}` };
  } catch {
    return {};
  }
}

export function keepToken(token: string): void {
  try {
    sessionStorage.setItem(TOKEN, token.trim());
  } catch {
    // The next request asks for it again.
  }
}

export function hasToken(): boolean {
  return tokenHeader()['authorization'] !== undefined;
}

export function forgetToken(): void {
  try {
    sessionStorage.removeItem(TOKEN);
  } catch {
    // There is none where nothing is kept.
  }
}

export type Sent<T> =
  { readonly kind: 'done'; readonly value: T } | { readonly kind: 'refused'; readonly problem: Problem };

/** Sends something to the API once. Nothing is thrown: what went wrong is an answer, to be shown where it was asked for. */
export async function send<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  /** Of a body that is text; without it the body is sent as JSON. */
  contentType?: string,
  /** Headers that have the host refuse it where something is not as the page shows it. */
  condition: Readonly<Record<string, string>> = {},
): Promise<Sent<T>> {
  const headers: Record<string, string> = { ...tokenHeader(), ...condition };
  const init: RequestInit = { method, headers, cache: 'no-store' };
  if (body !== undefined) {
    headers['content-type'] = contentType ?? 'application/json';
    init.body = typeof body === 'string' ? body : JSON.stringify(body);
  }
  try {
    const answer = await fetch(path, init);
    if (!answer.ok) return { kind: 'refused', problem: await problemIn(answer) };
    const text = await answer.text();
    return { kind: 'done', value: (text === '' ? null : JSON.parse(text)) as T };
  } catch {
    return {
      kind: 'refused',
      problem: {
        title: 'The host could not be reached.',
        detail: 'It is not known whether it has been done: look before you try again.',
        status: 0,
      },
    };
  }
}

export async function problemIn(answer: Response): Promise<Problem> {
  const { status } = answer;
  try {
    const { title, detail } = (await answer.json()) as { title?: unknown; detail?: unknown };
    if (typeof title === 'string') return { title, detail: typeof detail === 'string' ? detail : '', status };
  } catch {
    // Not of this app: the host in front of it.
  }
  if (status === 401)
    return {
      title: 'The host wants to know who you are.',
      detail: 'Sign in, or give it a token.',
      status,
    };
  if (status === 403)
    return { title: 'Your role does not allow this.', detail: 'Ask for one that does.', status };
  return { title: `The host answered ${status}.`, detail: 'Its log has the reason.', status };
}
