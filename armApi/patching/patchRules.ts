import type { ArmContext, ArmRequest } from '../http/armRoute';
import type { VmChange } from '../resources/vmModel';
import { checkPatchMembers } from './checkPatchMembers';
import { checkPatchMode } from './checkPatchMode';
import { checkPatchValues } from './checkPatchValues';
import { requireFeature } from './optIn';

/** what can be wrong with the patching of a VM, in the order in which Azure would say it. */
export function checkPatching(change: VmChange, request: ArmRequest, context: ArmContext): void {
  checkPatchMembers(change.sent, request.apiVersion);
  checkPatchMode(change, context);
  checkPatchValues(change);
  if (change.mode === 'AutomaticByPlatform' && change.modeBefore !== 'AutomaticByPlatform')
    requireFeature(request, context, 'InGuestAutoPatchVMPreview');
}
