import * as df from 'durable-functions';
import type { DurableClient, DurableClientInput } from 'durable-functions';
import type { InvocationContext } from '@azure/functions';

let last: { readonly given: string; readonly client: DurableClient } | null = null;

/**
 * The client of the host that an invocation runs on. Making one costs more than most activities do (it checks URLs and sets an HTTP client
 * up), and a host gives every invocation the same input: one client is made of it.
 */
export function hostClient(context: InvocationContext, input: DurableClientInput): DurableClient {
  const given = JSON.stringify(context.extraInputs.get(input));
  if (last?.given !== given) last = { given, client: df.getClient(context) };
  return last.client;
}
