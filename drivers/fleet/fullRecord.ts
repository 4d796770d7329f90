import type { z } from 'zod';
import { toRestShape, type ArmResource } from './armModel';
import { spellingOf } from './memberNames';
import type { VmRecord } from './vmFields';
import { readVmRecord } from './vmRecord';

/** The full check of a VM as it is written in a file: what is read of it, or what is wrong with it, in its model in REST shape. */
export function fullVmRecord(
  written: Readonly<Record<string, unknown>>,
): { readonly record: VmRecord } | { readonly error: z.ZodError; readonly model: ArmResource } {
  const model = withPowerText(toRestShape(written), written);
  const read = readVmRecord(model);
  return 'record' in read ? read : { error: read.error, model };
}

/** What `az vm list --show-details` and Get-AzVM -Status print beside the model. */
function withPowerText(model: ArmResource, written: Readonly<Record<string, unknown>>): ArmResource {
  const member = Object.keys(written).findLast((name) => spellingOf(name).name === 'powerState');
  return member === undefined ? model : { ...model, powerState: written[member] };
}
