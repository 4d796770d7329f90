import type { VmId } from '../../domain/ids';
import { messageOf } from '../../domain/messageOf';
import type { HealthProbe } from '../../drivers/driver';
import type { Services } from '../services';

/** INV-10: of a VM that cannot be probed nothing is known, and no other waits for it. Null when it is not there. */
export async function probeVm(
  { driver }: Pick<Services, 'driver'>,
  vmId: VmId,
): Promise<Pick<HealthProbe, 'answer' | 'because'> | null> {
  try {
    return await driver.probeHealth(vmId);
  } catch (error) {
    return { answer: 'unknown', because: messageOf(error) };
  }
}
