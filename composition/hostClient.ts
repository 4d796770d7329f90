import type { DurableClient } from 'durable-functions';

const clients = new Map<string, DurableClient>();
const CLIENTS_MAX = 10;

/**
 * The client of the host that an invocation runs on, by what the host gave the invocation. Making one costs more than most activities do (it
 * checks URLs and sets an HTTP client up), and a host gives every invocation the same: one client is made of it.
 */
export function hostClient(given: unknown, make: () => DurableClient): DurableClient {
  const text = JSON.stringify(given);
  const known = clients.get(text);
  if (known !== undefined) return known;
  if (clients.size >= CLIENTS_MAX) clients.clear();
  const client = make();
  clients.set(text, client);
  return client;
}
