import type { VmResource } from '../../drivers/simulated/resources';
import type { ArmContext } from './arm';
import type { JsonObject } from './requestBody';

/** VirtualMachineInstanceView in the shapes of the version: of GET …/instanceView, and of `$expand=instanceView`. */
export function instanceViewOf(
  _context: ArmContext,
  _vm: VmResource,
  _apiVersion: string,
): Promise<JsonObject> {
  return Promise.resolve({});
}
