import type { DurableClient } from 'durable-functions';

let last: { readonly text: string; readonly client: DurableClient } | null = null;

/**
 * The client of the host that an invocation runs on, by what the host gave the invocation. Making one costs more than most activities do (it
 * checks URLs and sets an HTTP client up), and a host gives every invocation the same: one client is made of it.
 */
export function hostClient(given: unknown, make: () => DurableClient): DurableClient {
  const text = JSON.stringify(given);
  if (last?.text !== text) last = { text, client: make() };
  return last.client;
}
