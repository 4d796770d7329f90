import { LowtideError, type LowtideErrorCode } from '../../domain/lowtideError';

/** Where a command finds its host, and what it shows there. */
export interface HostOptions {
  readonly url: string;
  /** Function key, if the host needs one. */
  readonly key?: string | undefined;
  /** Bearer token, if the host needs sign-in. */
  readonly token?: string | undefined;
}

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, contentType?: string): Promise<T>;
  /** The rows of every page, in order. */
  rows<T>(path: string): AsyncGenerator<T>;
}

/** Where `npm start` and `npm run serve` are. */
export const HOST_URL = 'http://127.0.0.1:7071';

const ANSWER_SECONDS_MAX = 120;

/** A query of what is given; what is undefined is left out. */
export function queryOf(path: string, given: Readonly<Record<string, string | number | undefined>>): string {
  const asked = Object.entries(given)
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined)
    .map(([name, value]): [string, string] => [name, String(value)]);
  return asked.length === 0 ? path : `${path}?${new URLSearchParams(asked).toString()}`;
}

export function apiClient({ url, key, token }: HostOptions): ApiClient {
  const send = async <T>(method: string, path: string, body?: unknown, contentType?: string): Promise<T> => {
    const headers: Record<string, string> = { 'content-type': contentType ?? 'application/json' };
    if (key !== undefined) headers['x-functions-key'] = key;
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const signal = AbortSignal.timeout(ANSWER_SECONDS_MAX * 1_000);
    // The body, too, may end in the middle, with the host that sends it.
    const answered = fetch(`${url}${path}`, { method, headers, signal, ...sent }).then(async (response) => ({
      response,
      text: await response.text(),
    }));
    const { response, text } = await answered.catch((cause: unknown) => {
      throw notAnswered(url, cause);
    });
    const request = `${method} ${path}`;
    if (!response.ok) throw refused(response.status, text, request);
    return (text === '' ? null : jsonIn(text, request)) as T;
  };
  return {
    get: (path) => send('GET', path),
    send,
    async *rows<T>(path: string) {
      for (let next: string | undefined = path; next !== undefined;) {
        const page: { value: T[]; nextLink?: string } = await send('GET', next);
        yield* page.value;
        next = page.nextLink;
      }
    },
  };
}

/** A page to sign in on, which a proxy or App Service sends instead, is no answer of Lowtide. */
function jsonIn(text: string, request: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw notOfLowtide(`${request} was answered, but not with JSON.`, text, cause);
  }
}

function notAnswered(url: string, cause: unknown): LowtideError {
  const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return new LowtideError(
    'ARGUMENT_INVALID',
    {
      what: `${url} does not answer.`,
      why: String(reason instanceof Error ? reason.message : reason),
      fix: 'Start a host (npm start, npm run serve), or give its address with --url or LOWTIDE_URL.',
    },
    { cause },
  );
}

/** The host says what was wrong, why, and how to fix it: its words are passed on. */
function refused(status: number, text: string, request: string): LowtideError {
  try {
    const {
      code,
      title,
      detail = '',
      why = detail,
      fix = IS_IT_LOWTIDE,
    } = JSON.parse(text) as Record<string, string>;
    if (code !== undefined && title !== undefined)
      return new LowtideError(code as LowtideErrorCode, { what: title, why, fix });
  } catch {
    // no problem document: what answers is no Lowtide, or something in front of it
  }
  return notOfLowtide(`${request} was answered with ${status}.`, text);
}

function notOfLowtide(what: string, text: string, cause?: unknown): LowtideError {
  return new LowtideError(
    'ARGUMENT_INVALID',
    {
      what,
      why: text === '' ? 'The answer has no body.' : text.slice(0, TEXT_SHOWN_MAX),
      fix: IS_IT_LOWTIDE,
    },
    { cause },
  );
}

const IS_IT_LOWTIDE =
  'Is it the address of a Lowtide host? Does the host need a key (--key) or a token (--token)?';
const TEXT_SHOWN_MAX = 300;
