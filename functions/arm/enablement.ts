import type { VmResource } from '../../drivers/simulated/resources';
import type { ArmContext } from './arm';

/**
 * Called after a PUT or PATCH is remembered, with the VM as it was before (null for a new one): starts, or restarts, enablement where
 * the VM has become AutomaticByPlatform. Asking twice is asking once.
 */
export function requestEnablement(
  _context: ArmContext,
  _vm: VmResource,
  _before: VmResource | null,
): Promise<void> {
  return Promise.resolve();
}
