import type { HttpRequestAction } from './actions';

/** The activity that the extension runs for context.df.callHttp. */
export const HTTP_ACTIVITY = 'BuiltIn::HttpActivity';

/** Headers of HttpClient that belong to the content; the extension reports the others. */
const contentHeader = /^(content-|allow$|expires$|last-modified$)/i;

const headerCase = (name: string): string => name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());

/** Answers JSON text of { statusCode, headers, content }, as recorded. Never hands back a 202 to be polled. */
export async function callHttp(inputText: string): Promise<string> {
  const request = JSON.parse(inputText) as HttpRequestAction;
  const response = await fetch(request.uri, {
    method: request.method,
    ...(request.headers && { headers: request.headers }),
    ...(request.content !== undefined && { body: request.content }),
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) {
    if (!contentHeader.test(name)) headers[headerCase(name)] = value;
  }
  return JSON.stringify({ statusCode: response.status, headers, content: await response.text() });
}
