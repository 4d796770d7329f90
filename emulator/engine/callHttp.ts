import type { HttpRequestAction } from './actions';

/** The activity that the extension runs for context.df.callHttp. */
export const HTTP_ACTIVITY = 'BuiltIn::HttpActivity';

/** Headers of HttpClient that belong to the content; the extension reports the others. */
const contentHeader = /^(content-|allow$|expires$|last-modified$)/i;

const headerCase = (name: string): string => name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());

/** Wall seconds between polls when the answer names none: the extension's default. */
const POLL_SECONDS = 30;

/**
 * Answers JSON text of { statusCode, headers, content }, as recorded. A 202 with a Location is polled here: handed back, it
 * would make the library take task ids of its own for the polling.
 */
export async function callHttp(inputText: string): Promise<string> {
  const request = JSON.parse(inputText) as HttpRequestAction;
  let response = await fetch(request.uri, {
    method: request.method,
    ...(request.headers && { headers: request.headers }),
    ...(request.content !== undefined && { body: request.content }),
  });
  for (let next = pollUrl(request, response); next !== undefined; next = pollUrl(request, response)) {
    const seconds = Number(response.headers.get('retry-after') ?? POLL_SECONDS);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    response = await fetch(next, request.headers && { headers: request.headers });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) {
    if (!contentHeader.test(name)) headers[headerCase(name)] = value;
  }
  return JSON.stringify({ statusCode: response.status, headers, content: await response.text() });
}

function pollUrl(request: HttpRequestAction, response: Response): string | undefined {
  const location = response.headers.get('location');
  if (request.asynchronousPatternEnabled === false || response.status !== 202 || location === null)
    return undefined;
  return new URL(location, response.url).href;
}
