import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';

/** How an orchestration instance stands; null when the host has none of that id (any more). */
export type InstanceStatus = DurableOrchestrationStatus | null;

/** What the library throws when the host answers 404, and for nothing else. Source: DurableClient.getStatus of durable-functions 3.5. */
const NOT_FOUND = /\breplied with HTTP 404\b/;

/**
 * The host's 404 alone means that there is no such instance. Whatever else goes wrong leaves it unknown how the instance stands: that is
 * thrown, for whoever took it for «not there» would report a failure that never was, or start a second one.
 */
export async function instanceStatus(client: DurableClient, instanceId: string): Promise<InstanceStatus> {
  try {
    return await client.getStatus(instanceId, { showInput: false });
  } catch (error) {
    if (error instanceof Error && NOT_FOUND.test(error.message)) return null;
    throw error;
  }
}

const UNDER_WAY: ReadonlySet<string> = new Set(['Running', 'Pending', 'ContinuedAsNew', 'Suspended']);

export function isUnderWay(status: InstanceStatus): boolean {
  return status !== null && UNDER_WAY.has(status.runtimeStatus);
}

const COMPLETED: ReadonlySet<string> = new Set(['Completed']);

export function hasCompleted(status: InstanceStatus): boolean {
  return status !== null && COMPLETED.has(status.runtimeStatus);
}

/**
 * Starts an instance, and takes it for started when it is under way although the call failed: the answer was lost, or another caller
 * was faster, and that is the same instance. False in that case.
 */
export async function startInstance(
  client: DurableClient,
  name: string,
  { instanceId, input }: { readonly instanceId: string; readonly input: unknown },
): Promise<boolean> {
  try {
    await client.startNew(name, { instanceId, input });
    return true;
  } catch (error) {
    if (isUnderWay(await instanceStatus(client, instanceId))) return false;
    throw error;
  }
}
