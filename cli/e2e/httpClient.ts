import { LowtideError } from '../../domain/lowtideError';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; its text when it is none. */
  readonly body: unknown;
}

export interface HttpClient {
  get(path: string): Promise<HttpAnswer>;
  /** A body that is a text is sent as it is. */
  post(path: string, body?: unknown): Promise<HttpAnswer>;
  /** Everything that was answered so far. */
  readonly answers: readonly HttpAnswer[];
}

const ANSWER_SECONDS_MAX = 60;

/** `key`: a function key, which a Function App wants. */
export function httpClient(baseUrl: string, key?: string): HttpClient {
  const answers: HttpAnswer[] = [];
  const ask = async (method: string, path: string, body?: unknown): Promise<HttpAnswer> => {
    const answer = await request(`${baseUrl}${path}`, method, body, key);
    answers.push(answer);
    return answer;
  };
  return { answers, get: (path) => ask('GET', path), post: (path, body) => ask('POST', path, body) };
}

async function request(
  url: string,
  method: string,
  body: unknown,
  key: string | undefined,
): Promise<HttpAnswer> {
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  try {
    const response = await fetch(url, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'x-functions-key': key }),
      },
      signal: AbortSignal.timeout(ANSWER_SECONDS_MAX * 1_000),
      ...sent,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  } catch (cause) {
    throw new LowtideError(
      'ARGUMENT_INVALID',
      {
        what: `${method} ${url} was not answered.`,
        why: String(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause),
        fix: 'Start a host, or give the address of one that runs.',
      },
      { cause },
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
