import { remembered } from './remembered';
import type { VirtualMachine } from './virtualMachine';

/** */
export const LINUX_AGENT_VERSION_MIN = '2.2.53.1';

/** What a VM's own guest reports about itself. Unknown is no obstacle: then the work itself finds out. */
export interface RequirementFacts {
  readonly vm: Pick<VirtualMachine, 'osType' | 'provisionVMAgent'>;
  /** Null while no agent reports a version. */
  readonly agent: { readonly version: string | null };
  readonly guest?: {
    readonly windowsUpdateService: 'running' | 'stopped' | 'unknown';
    readonly updateEndpoint: 'reachable' | 'unreachable' | 'unknown';
  };
}

export interface UnmetRequirement {
  readonly code:
    | 'VMAgentNotProvisioned'
    | 'LinuxAgentOutdated'
    | 'WindowsUpdateServiceStopped'
    | 'UpdateEndpointUnreachable';
  readonly message: string;
}

/** what the VM lacks for automatic guest patching; all of it, each with what to do about it. */
export function unmetRequirements({ vm, agent, guest }: RequirementFacts): readonly UnmetRequirement[] {
  const unmet: UnmetRequirement[] = [];
  if (vm.provisionVMAgent === false)
    unmet.push({
      code: 'VMAgentNotProvisioned',
      message: 'The VM has no VM agent (provisionVMAgent is false). Install the Azure VM agent.',
    });
  if (vm.osType === 'Linux' && agent.version !== null && isTooOld(agent.version))
    unmet.push({
      code: 'LinuxAgentOutdated',
      message: `The Azure Linux agent is ${agent.version}; it must be ${LINUX_AGENT_VERSION_MIN} or higher. Update the agent.`,
    });
  if (vm.osType === 'Windows' && guest?.windowsUpdateService === 'stopped')
    unmet.push({
      code: 'WindowsUpdateServiceStopped',
      message: 'The Windows Update service is not running on the VM. Start the service.',
    });
  if (guest?.updateEndpoint === 'unreachable')
    unmet.push({
      code: 'UpdateEndpointUnreachable',
      message:
        'The VM cannot reach its configured update endpoint. Open the way to the public, private or WSUS source it uses.',
    });
  return unmet;
}

/** `2.2.53.1`, also in `WALinuxAgent-2.2.53.1` and `2.2.53.1-rc1`. */
const VERSION = /\d+(?:\.\d+)*/;

/** The agents of a fleet have a few versions. */
const isTooOld = remembered((version) => isOlder(version, LINUX_AGENT_VERSION_MIN));

/** Compares dotted versions number by number; a missing one counts as 0. A text without a version is unknown, and not older. */
function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => VERSION.exec(text)?.[0].split('.').map(Number));
  if (a === undefined || b === undefined) return false;
  for (let n = 0; n < Math.max(a.length, b.length); n += 1) {
    const difference = (a[n] ?? 0) - (b[n] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
