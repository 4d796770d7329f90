import { HealthSignals } from '../../domain/health';
import type { VmReading } from '../driver';
import { instantAt, listAt, member, textAt } from './json';
import { assessmentSummary, installationSummary } from './patchResults';

type PowerState = HealthSignals['powerState'];

const POWER_STATES = HealthSignals.shape.powerState.options;

/** Azure's names of the patch extensions; the platform installs and updates them by itself. */
const PATCH_EXTENSION = /(Linux|Windows)PatchExtension$/i;

/** What an instance view says, in Lowtide's words. Null where it does not say. */
export interface InstanceView {
  readonly powerState: PowerState;
  /** An update, a creation or a deletion of the VM is under way. */
  readonly isProvisioning: boolean;
  readonly agent: VmReading['agent'];
  /** When the agent reported last; ISO in UTC. */
  readonly agentReportedUtc: string | null;
  readonly extensionVersion: string | null;
  readonly updateDomain: number | null;
  readonly faultDomain: number | null;
  readonly lastAssessment: VmReading['lastAssessment'];
  readonly lastInstallation: VmReading['lastInstallation'];
  /** Of the Application Health extension; null where there is none. */
  readonly applicationHealth: 'healthy' | 'unhealthy' | 'unknown' | null;
}

/** VirtualMachineInstanceView. While a VM is deallocated, and while it is new, most of it is missing (recordings README, 23, 24, 26). */
export function instanceViewOf(view: unknown): InstanceView {
  const powerState = powerStateOf(view);
  const times = { startedUtc: new Date(0).toISOString(), endedUtc: new Date(0).toISOString() };
  const patchStatus = member(view, 'patchStatus');
  return {
    powerState,
    isProvisioning: codesOf(view).some((code) =>
      /^provisioningstate\/(creating|updating|deleting)/.test(code),
    ),
    agent: agentOf(view, powerState),
    agentReportedUtc: instantAt(listAt(view, 'vmAgent', 'statuses')[0], 'time'),
    extensionVersion: extensionVersionOf(view),
    updateDomain: numberAt(view, 'platformUpdateDomain'),
    faultDomain: numberAt(view, 'platformFaultDomain'),
    lastAssessment: assessmentSummary(member(patchStatus, 'availablePatchSummary'), times),
    lastInstallation: installationSummary(member(patchStatus, 'lastPatchInstallationSummary'), times),
    applicationHealth: applicationHealthOf(view),
  };
}

function numberAt(view: unknown, name: string): number | null {
  const found = member(view, name);
  return typeof found === 'number' && Number.isInteger(found) && found >= 0 ? found : null;
}

/** Lower-cased, in the order given: ProvisioningState first, PowerState second (27). */
function codesOf(view: unknown): readonly string[] {
  return listAt(view, 'statuses').map((status) => (textAt(status, 'code') ?? '').toLowerCase());
}

function powerStateOf(view: unknown): PowerState {
  const code = codesOf(view).find((one) => one.startsWith('powerstate/'));
  return POWER_STATES.find((state) => `powerstate/${state}` === code) ?? 'unknown';
}

/** A VM that is stopped and not deallocated goes on saying Ready (24): what is off has no agent. */
function agentOf(view: unknown, powerState: PowerState): VmReading['agent'] {
  const written = textAt(view, 'vmAgent', 'vmAgentVersion') ?? '';
  const version = /^\d/.test(written) ? written : null;
  if (powerState !== 'running') return { status: 'unknown', version };
  const status = listAt(view, 'vmAgent', 'statuses')[0];
  const display = textAt(status, 'displayStatus')?.toLowerCase();
  if (display === 'ready') return { status: 'ready', version };
  const isSilent = display === 'not ready' || /\/unavailable$/i.test(textAt(status, 'code') ?? '');
  return { status: isSilent ? 'notReady' : 'unknown', version };
}

/** From the extension itself, or from the agent's list of handlers, which lasts longer. */
function extensionVersionOf(view: unknown): string | null {
  for (const list of [listAt(view, 'extensions'), listAt(view, 'vmAgent', 'extensionHandlers')])
    for (const extension of list) {
      const version = textAt(extension, 'typeHandlerVersion');
      if (version !== null && PATCH_EXTENSION.test(textAt(extension, 'type') ?? '')) return version;
    }
  return null;
}

function applicationHealthOf(view: unknown): InstanceView['applicationHealth'] {
  const code = textAt(view, 'vmHealth', 'status', 'code')?.toLowerCase();
  if (code === undefined) return null;
  if (code === 'healthstate/healthy') return 'healthy';
  return code === 'healthstate/unhealthy' ? 'unhealthy' : 'unknown';
}
