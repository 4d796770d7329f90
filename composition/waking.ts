import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import type { Services, WakingServices } from '../activities/services';
import { messageOf } from '../domain/messageOf';

/** `LOOK_AGAIN` of `orchestrations/`, which knows nothing of clients. */
const LOOK_AGAIN = 'lookAgain';

/** What the library throws when the host knows no such instance (any more): then none waits. Source: DurableClient.raiseEvent of durable-functions 3.5. */
const NOT_FOUND = 'No instance with ID ';

/** What waking needs of a client. */
export type WakingClient = Pick<DurableClient, 'taskHubName' | 'raiseEvent'>;

/** To make a client takes as long as a small activity, and most activities wake nothing: its binding says the hub, and the client is made when it is used. */
export function clientWhenUsed(binding: unknown, make: () => DurableClient): WakingClient {
  return {
    taskHubName: BindingData.parse(binding).taskHubName,
    raiseEvent: (...event) => make().raiseEvent(...event),
  };
}

/** What the host puts into the binding of a durable client. Source: OrchestrationClientInputData of durable-functions 3.5. */
const BindingData = z.object({ taskHubName: z.string() });

/**
 * The services of an invocation that has a client of its host. Waking never fails: the wait looks by itself after a while, and what the
 * caller has written is written.
 */
export function withWaking<S extends Services>(
  services: S,
  client: WakingClient,
  log: { warn(message: string): void },
): S & WakingServices {
  const wake = async (instanceId: string): Promise<void> => {
    try {
      await client.raiseEvent(instanceId, LOOK_AGAIN, {});
    } catch (error) {
      const message = messageOf(error);
      if (message.startsWith(NOT_FOUND)) return;
      log.warn(
        `${instanceId} was not woken: ${message} It looks again by itself within LOWTIDE_WAKE_FALLBACK.`,
      );
    }
  };
  return { ...services, hub: client.taskHubName, wake };
}
