import type { InvocationContext } from '@azure/functions';
import { getClient, type DurableClient } from 'durable-functions';

const clients = new Map<string, DurableClient>();
const CLIENTS_MAX = 10;

/** Some hosts give every invocation the same object. */
const known = new WeakMap<object, DurableClient>();

/**
 * The client of the host that an invocation runs on, by what the host gave the invocation. Making one costs more than most activities do (it
 * checks URLs and sets an HTTP client up), and a host gives every invocation the same: one client is made of it.
 */
export function hostClient(context: InvocationContext): DurableClient {
  const input = context.options.extraInputs.find(({ type }) => type === 'durableClient');
  const given = input === undefined ? undefined : context.extraInputs.get(input);
  const isObject = typeof given === 'object' && given !== null;
  const same = isObject ? known.get(given) : undefined;
  if (same !== undefined) return same;
  const client = clientOf(JSON.stringify(given), () => getClient(context));
  if (isObject) known.set(given, client);
  return client;
}

function clientOf(text: string, make: () => DurableClient): DurableClient {
  const before = clients.get(text);
  if (before !== undefined) return before;
  if (clients.size >= CLIENTS_MAX) clients.clear();
  const client = make();
  clients.set(text, client);
  return client;
}
