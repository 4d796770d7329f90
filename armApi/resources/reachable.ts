import type { VmId } from '../../domain/ids';
import type { VmReading } from '../../drivers/driver';
import type { ArmContext } from '../http/armRoute';
import { operationNotAllowed } from '../http/armError';

/** The VM as it is now, when its guest can be worked on: it runs, and its agent answers. 409 OperationNotAllowed otherwise. */
export async function requireReachable({ services }: ArmContext, id: VmId): Promise<VmReading> {
  const reading = await services.driver.readVirtualMachine(id);
  if (reading?.powerState !== 'running')
    throw operationNotAllowed('The operation requires the VM to be running. Start the VM and try again.');
  if (reading.agent.status !== 'ready')
    throw operationNotAllowed('The operation requires the VM agent, and it does not report ready.');
  return reading;
}
