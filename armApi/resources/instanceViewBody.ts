import { z } from 'zod';
import { patchingIn, type PatchingInVersion } from '../../domain/apiVersion';
import { effectivePatchMode } from '../../domain/patchMode';
import type { AvailablePatchSummary, PatchInstallationSummary } from '../../domain/patches';
import { unmetRequirements } from '../../domain/requirements';
import type { VmState } from '../../domain/vmState';
import type { VmReading } from '../../drivers/driver';
import { patchExtensionName, PATCH_EXTENSION_PUBLISHER } from '../patching/patchExtension';
import type { JsonObject } from '../http/json';

/** What an instance view is made of: the model as its owner wrote it, what the platform says now, what Lowtide remembers. */
export interface InstanceViewSource {
  readonly model: JsonObject;
  readonly provisioningState: string;
  readonly reading: VmReading;
  readonly state: VmState;
  /** Of the request: the shapes follow it. */
  readonly apiVersion: string;
  readonly nowUtc: string;
}

/** VirtualMachineInstanceView, bare. */
export function instanceViewBody(source: InstanceViewSource): JsonObject {
  const { reading, nowUtc, provisioningState } = source;
  const { vm, agent, powerState } = reading;
  const { osProfile, storageProfile, instanceView } = ModelFacts.parse(source.model).properties ?? {};
  const patchStatus = patchStatusOf(source);
  const disk = storageProfile?.osDisk?.name;
  const os = agent.status === 'ready' ? operatingSystemOf(reading) : null;
  return {
    platformUpdateDomain: vm.updateDomain ?? undefined,
    platformFaultDomain: instanceView?.platformFaultDomain,
    computerName: osProfile?.computerName ?? vm.name,
    osName: os?.name,
    osVersion: os?.version,
    hyperVGeneration: 'V1',
    vmAgent: vmAgentOf(reading, nowUtc),
    disks:
      typeof disk === 'string'
        ? [{ name: disk, statuses: [status('ProvisioningState/succeeded', 'Provisioning succeeded')] }]
        : undefined,
    extensions: extensionViews(reading),
    statuses: [provisioningStatus(provisioningState), status(`PowerState/${powerState}`, `VM ${powerState}`)],
    patchStatus,
  };
}

const text = z.string().nullish().catch(null);
const part = <T extends z.ZodRawShape>(shape: T) => z.looseObject(shape).nullish().catch(null);

/** The little of a model that is shown again in the instance view. */
const ModelFacts = z.looseObject({
  properties: part({
    osProfile: part({ computerName: text }),
    storageProfile: part({ osDisk: part({ name: text }) }),
    instanceView: part({ platformFaultDomain: z.number().int().optional().catch(undefined) }),
  }),
});

/**
 * the latest assessment and the last installation, whether Lowtide or the platform knows of the newer one. While
 * enablement is under way there is nothing but its configuration status.
 */
function patchStatusOf({ reading, state, apiVersion, nowUtc }: InstanceViewSource): JsonObject | undefined {
  const assessment = newest(reading.lastAssessment, state.lastAssessment);
  const installation = newest(reading.lastInstallation, state.lastInstallation);
  const shapes = patchingIn(apiVersion);
  const statuses = shapes.configurationStatuses ? configurationStatuses(reading, state, nowUtc) : [];
  if (assessment === null && installation === null && statuses.length === 0) return undefined;
  return {
    availablePatchSummary: assessment === null ? undefined : availablePatchSummary(assessment),
    lastPatchInstallationSummary:
      installation === null ? undefined : lastPatchInstallationSummary(installation, shapes),
    configurationStatuses: statuses.length > 0 ? statuses : undefined,
  };
}

interface Dated {
  readonly startTime: string;
  readonly lastModifiedTime: string;
}

function newest<T extends Dated>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  if (a.startTime !== b.startTime) return a.startTime > b.startTime ? a : b;
  return a.lastModifiedTime >= b.lastModifiedTime ? a : b;
}

function availablePatchSummary({ error, ...summary }: AvailablePatchSummary): JsonObject {
  return { ...summary, error: error ?? undefined };
}

/** Where there is no installPatches, the reboot is reported here. */
function lastPatchInstallationSummary(
  { error, rebootStatus, ...summary }: PatchInstallationSummary,
  { installPatches }: PatchingInVersion,
): JsonObject {
  return {
    ...summary,
    rebootStatus: installPatches ? undefined : rebootStatus,
    startedBy: installPatches ? undefined : 'Lowtide',
    error: error ?? undefined,
  };
}

/** Pending until enablement is complete, with everything that stands in its way; then Ready. */
function configurationStatuses(reading: VmReading, state: VmState, nowUtc: string): JsonObject[] {
  const mode = effectivePatchMode(reading.vm);
  if (mode.kind !== 'mode' || mode.mode !== 'AutomaticByPlatform') return [];
  const { enablement } = state;
  // An imported VM was enabled before Lowtide knew it: that was never written down.
  const ready = reading.vm.enabled && (enablement === null || enablement.kind === 'ready');
  const time = enablement?.sinceUtc ?? nowUtc;
  const message = enablement === null || enablement.detail === '' ? undefined : enablement.detail;
  if (ready) return [{ ...configurationStatus('Ready', 'Info', time), message }];
  const unmet = unmetRequirements(reading);
  if (unmet.length > 0)
    return unmet.map((lack) => ({
      ...configurationStatus('Pending', 'Error', time),
      message: `${lack.code}: ${lack.message}`,
    }));
  return [{ ...configurationStatus('Pending', 'Info', time), message }];
}

function configurationStatus(state: 'Pending' | 'Ready', level: Level, time: string): JsonObject {
  const displayStatus = `Status_PatchModeConfigurationState_${state}`;
  return { code: `PatchModeConfigurationState/${state}`, level, displayStatus, time };
}

function vmAgentOf(reading: VmReading, time: string): JsonObject {
  const ready = reading.agent.status === 'ready';
  const agentStatus = ready
    ? { ...status('ProvisioningState/succeeded', 'Ready'), message: 'Guest Agent is running' }
    : {
        ...status('ProvisioningState/Unavailable', 'Not Ready', 'Warning'),
        message: 'The VM agent does not report.',
      };
  return {
    vmAgentVersion: reading.agent.version ?? 'Unknown',
    statuses: [{ ...agentStatus, time }],
    extensionHandlers: extensionHandlers(reading),
  };
}

function extensionHandlers({ vm, extension }: VmReading): JsonObject[] {
  if (extension === null) return [];
  const type = `${PATCH_EXTENSION_PUBLISHER}.${patchExtensionName(vm.osType)}`;
  const ready = status('ProvisioningState/succeeded', 'Ready');
  return [{ type, typeHandlerVersion: extension.version, status: ready }];
}

/** the patch extension, once it is installed. */
function extensionViews({ vm, extension }: VmReading): JsonObject[] {
  if (extension === null) return [];
  const name = patchExtensionName(vm.osType);
  return [
    {
      name,
      type: `${PATCH_EXTENSION_PUBLISHER}.${name}`,
      typeHandlerVersion: extension.version,
      statuses: [status('ProvisioningState/succeeded', 'Provisioning succeeded')],
    },
  ];
}

type Level = 'Info' | 'Warning' | 'Error';

function status(code: string, displayStatus: string, level: Level = 'Info'): JsonObject {
  return { code, level, displayStatus };
}

function provisioningStatus(provisioningState: string): JsonObject {
  const state = provisioningState.toLowerCase();
  return status(`ProvisioningState/${state}`, `Provisioning ${state}`, state === 'failed' ? 'Error' : 'Info');
}

function operatingSystemOf({ vm }: VmReading): { readonly name: string; readonly version: string } {
  const sku = vm.image?.sku ?? '';
  if (vm.osType === 'Windows')
    return {
      name: `Windows Server ${sku.split('-').slice(0, 2).join(' ')}`.trim(),
      version: sku.includes('2012') ? '6.3' : '10.0',
    };
  const isRedHat = /redhat/i.test(vm.image?.publisher ?? '');
  return { name: isRedHat ? 'rhel' : 'ubuntu', version: sku.split('-')[0] ?? '' };
}
