import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';

/** What is known of an instance; null when there is none (any more). */
export async function statusOf(
  client: DurableClient,
  instanceId: string,
): Promise<DurableOrchestrationStatus | null> {
  try {
    const status: unknown = await client.getStatus(instanceId, { showInput: false });
    return (status as DurableOrchestrationStatus | null | undefined) ?? null;
  } catch {
    return null; // the library throws on 404
  }
}

const UNDER_WAY: ReadonlySet<string> = new Set(['Running', 'Pending', 'ContinuedAsNew', 'Suspended']);

export const isUnderWay = (status: DurableOrchestrationStatus | null): boolean =>
  status !== null && UNDER_WAY.has(status.runtimeStatus);

const COMPLETED: ReadonlySet<string> = new Set(['Completed']);

export const hasCompleted = (status: DurableOrchestrationStatus | null): boolean =>
  status !== null && COMPLETED.has(status.runtimeStatus);

/** Starts an instance unless it is under way, whoever asks how often. One that has ended starts anew. */
export async function startUnlessUnderWay(
  client: DurableClient,
  name: string,
  instanceId: string,
  input: unknown,
): Promise<void> {
  if (isUnderWay(await statusOf(client, instanceId))) return;
  try {
    await client.startNew(name, { instanceId, input });
  } catch (error) {
    // Else somebody else was faster: that is the same instance.
    if ((await statusOf(client, instanceId)) === null) throw error;
  }
}
