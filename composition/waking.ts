import type { DurableClient } from 'durable-functions';
import type { Services, WakingServices } from '../activities/services';
import { messageOf } from '../domain/messageOf';

/** `LOOK_AGAIN` of `orchestrations/`, which knows nothing of clients. */
const LOOK_AGAIN = 'lookAgain';

/** What the library throws when the host knows no such instance (any more): then none waits. Source: DurableClient.raiseEvent of durable-functions 3.5. */
const NOT_FOUND = 'No instance with ID ';

/**
 * The services of an invocation that has a client of its host. Waking never fails: the wait looks by itself after a while, and what the
 * caller has written is written.
 */
export function withWaking<S extends Services>(
  services: S,
  client: DurableClient,
  log: { warn(message: string): void },
): S & WakingServices {
  const wake = async (instanceId: string): Promise<void> => {
    try {
      await client.raiseEvent(instanceId, LOOK_AGAIN, {});
    } catch (error) {
      const message = messageOf(error);
      if (message.startsWith(NOT_FOUND)) return;
      log.warn(`${instanceId} was not woken: ${message} It checks again within LOWTIDE_WAKE_FALLBACK.`);
    }
  };
  // Not `{ ...services, … }`: in Node 20 each such object has a hidden class of its own, and every look at a service is slow (docs/performance.md).
  return Object.assign({}, services, { hub: client.taskHubName, wake });
}
