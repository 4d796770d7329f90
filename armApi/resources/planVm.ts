import type { ArmContext, ArmRequest } from '../http/armRoute';
import { checkPatching } from '../patching/patchRules';
import { placeOfVm } from './lookup';
import { requireProvider } from './requireProvider';
import { checkPrecondition } from './vmEtag';
import { readVmChange, type VmChange } from './vmModel';
import { checkVmChange } from './vmRules';

/** Understands and checks a PUT or PATCH of a VM, and does nothing of it yet. */
export function planVm(request: ArmRequest, context: ArmContext): VmChange {
  const place = placeOfVm(request, context);
  requireProvider(request, context);
  const change = readVmChange(request, place);
  checkVmChange(change, request, context);
  checkPatching(change, request, context);
  checkPrecondition(change, request);
  return change;
}
