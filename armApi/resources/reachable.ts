import type { VmId } from '../../domain/ids';
import type { VmReading } from '../../drivers/driver';
import type { ArmContext } from '../http/armRoute';
import { operationNotAllowed } from '../http/armError';

/**
 * The VM as it is now, when it runs; 409 OperationNotAllowed otherwise. Azure accepts work for the guest of a VM whose agent is silent, and
 * waits for it (01); one that has no agent gets nothing done.
 */
export async function requireRunning({ services }: ArmContext, id: VmId): Promise<VmReading> {
  const reading = await services.driver.readVirtualMachine(id);
  if (reading?.powerState !== 'running')
    throw operationNotAllowed('The operation requires the VM to be running. Start the VM and try again.');
  if (reading.agent.version === null)
    throw operationNotAllowed('The operation requires the VM agent, and the VM has none.');
  return reading;
}

/** So long Azure waits for an agent before the operation fails (75). */
export const AGENT_MAY_BE_SILENT_SECONDS = 25 * 60;

/** How an operation fails whose agent was silent all the time (75). */
export function agentSilent(resourceId: string): { readonly code: string; readonly message: string } {
  const name = resourceId.split('/').at(-1) ?? '';
  return {
    code: 'VMAgentStatusCommunicationError',
    message: `VM '${name}' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the VM has a running VM agent, and that it can establish outbound connections to Azure storage. Please refer to https://aka.ms/vmextensionlinuxtroubleshoot for additional VM agent troubleshooting information.`,
  };
}
