import type { VirtualMachine } from '../../../domain/virtualMachine';
import type { Machine } from './machine';
import { activeEffect } from './scenarioEffects';

/** A scenario lets the patch extension fail: every patch operation of the VM fails with it. */
export function extensionFails(machine: Machine, ms: number): boolean {
  return activeEffect(machine, 'extensionFails', ms, 'extension') !== undefined;
}

/** What Azure says of an operation whose extension failed on the VM. Source: recording 76. */
export function extensionError(osType: VirtualMachine['osType']): {
  readonly code: string;
  readonly message: string;
} {
  const name = osType === 'Windows' ? 'WindowsPatchExtension' : 'LinuxPatchExtension';
  return {
    code: 'VMExtensionProvisioningError',
    message: `VM has reported a failure when processing extension '${name}' (publisher 'Microsoft.CPlat.Core' and type '${name}'). Error message: "Enable failed with exit code 52".`,
  };
}
