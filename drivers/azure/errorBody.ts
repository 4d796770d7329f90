import { textAt } from './json';

/** The text of an error in any of its envelopes. */
export function messageIn(body: unknown): string {
  if (typeof body === 'string') return body;
  return textAt(body, 'error', 'message') ?? textAt(body, 'Message') ?? textAt(body, 'message') ?? '';
}

/** The code of an error in any of its envelopes; empty when there is none. */
export function codeIn(body: unknown): string {
  return textAt(body, 'error', 'code') ?? textAt(body, 'Code') ?? textAt(body, 'code') ?? '';
}
