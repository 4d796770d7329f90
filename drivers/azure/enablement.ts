import type { VirtualMachine } from '../../domain/virtualMachine';

/** What it takes to put a VM into Lowtide's hands. */
export type EnablementStep =
  | { readonly kind: 'nothing'; readonly because: string }
  /** PATCH of the VM with this body; `from` is what it replaces. */
  | { readonly kind: 'patch'; readonly from: string; readonly body: EnablementBody }
  /** Only its owner can: another setting forbids it, or patches the VM. */
  | { readonly kind: 'byOwner'; readonly because: string };

export interface EnablementBody {
  readonly properties: {
    readonly osProfile: Readonly<
      Partial<
        Record<'windowsConfiguration' | 'linuxConfiguration', { readonly patchSettings: PatchSettings }>
      >
    >;
  };
}

interface PatchSettings {
  readonly patchMode: 'AutomaticByPlatform';
  /** So that what is to be installed is known without asking each VM. */
  readonly assessmentMode: 'AutomaticByPlatform';
  readonly automaticByPlatformSettings: { readonly bypassPlatformSafetyChecksOnUserSchedule: true };
}

const TARGET: PatchSettings = {
  patchMode: 'AutomaticByPlatform',
  assessmentMode: 'AutomaticByPlatform',
  automaticByPlatformSettings: { bypassPlatformSafetyChecksOnUserSchedule: true },
};

/** What the enablement command does with a VM. Source of what Azure allows: azure-driver-facts, section 1. */
export function enablementOf(vm: VirtualMachine): EnablementStep {
  const { control, osType, patchMode, enableAutomaticUpdates } = vm;
  if (control?.kind === 'inCharge') return { kind: 'nothing', because: 'Lowtide is in charge of it already' };
  if (osType === null) return byOwner('Azure does not say whether it runs Windows or Linux');
  if (vm.provisionVMAgent === false) return byOwner('it has no VM agent (provisionVMAgent is false)');
  const isPlatform = patchMode?.toLowerCase() === 'automaticbyplatform';
  if (control !== undefined && /maintenance (configuration|assignments)/.test(control.because))
    return byOwner(`${control.because}; see to that first, or two would patch it`);
  if (osType === 'Windows' && !isPlatform && enableAutomaticUpdates === false)
    return byOwner('it was made with enableAutomaticUpdates=false, and AutomaticByPlatform needs true');
  const from = isPlatform ? 'AutomaticByPlatform without the bypass' : (patchMode ?? 'no patch mode');
  const configuration = { patchSettings: TARGET };
  const osProfile =
    osType === 'Windows' ? { windowsConfiguration: configuration } : { linuxConfiguration: configuration };
  return { kind: 'patch', from, body: { properties: { osProfile } } };
}

const byOwner = (because: string): EnablementStep => ({ kind: 'byOwner', because });
